"""How many runs were started this month."""

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, text
from postmill.queue import usage


class UserUsage(msgspec.Struct, frozen=True, kw_only=True):
    email: str
    executions: int


async def own(call: Call) -> Response:
    return as_json(await usage.of_caller(call.context.pool, call.subject))


async def of_workspace(call: Call) -> Response:
    return text(str(await usage.of_workspace(call.context.pool, call.workspace)))


async def of_members(call: Call) -> Response:
    found = await usage.of_members(call.context.pool, call.workspace)
    return as_json([UserUsage(email=email, executions=count) for email, count in found])


OPERATIONS = (
    Operation(
        "getUsage", "GET", "/users/usage", own, "login", ("user",), "How many runs the caller started this month",
        returns=int,
    ),
    Operation(
        "getWorkspaceUsage", "GET", "/w/{workspace}/workspaces/usage", of_workspace, "member:workspaces:read",
        ("workspace",), "How many runs were started in the workspace this month", returns=str,
    ),
    Operation(
        "listUsersUsage", "GET", "/w/{workspace}/users/list_usage", of_members, "admin:users:read", ("user",),
        "How many runs each member started this month", returns=list[UserUsage],
    ),
)  # fmt: skip
