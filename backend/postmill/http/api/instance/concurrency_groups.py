"""Routes about concurrency keys and who holds them."""

from uuid import UUID

from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json
from postmill.kernel.errors import InvalidInput
from postmill.queue import fleet


async def list_groups(call: Call) -> Response:
    held = await fleet.running_by_concurrency_key(call.context.pool)
    return as_json([{"concurrency_key": key, "total_running": running} for key, running in held])


async def prune_group(call: Call) -> Response:
    await fleet.prune_concurrency_key(call.context.pool, call.raw_path("concurrency_id"))
    return as_json({})


async def get_key(call: Call) -> Response:
    text = call.path_params["id"]
    try:
        job_id = UUID(text)
    except ValueError:
        raise InvalidInput(f"Bad request: {text!r} is not a job id") from None
    return as_json(await fleet.concurrency_key(call.context.pool, job_id))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listConcurrencyGroups", "GET", "/concurrency_groups/list", list_groups,
        "superadmin:concurrency_groups:read", ("concurrencyGroups",), "How many runs hold each key", returns=list,
    ),
    Operation(
        "deleteConcurrencyGroup", "DELETE", "/concurrency_groups/prune/{concurrency_id:path}", prune_group,
        "superadmin:concurrency_groups:write", ("concurrencyGroups",),
        "Forget the ended runs that still count for a key", returns=dict,
    ),
    Operation(
        "getConcurrencyKey", "GET", "/concurrency_groups/{id}/key", get_key, "superadmin:concurrency_groups:read",
        ("concurrencyGroups",), "The key of a job", returns=str,
    ),
)  # fmt: skip
