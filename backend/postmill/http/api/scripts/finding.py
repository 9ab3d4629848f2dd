"""Find across the workspace, and what refers to a script."""

from msgspec import Struct

from postmill.deploy import finding, following
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json

WORKSPACE = "/w/{workspace}/scripts"
TAGS = ("postmill", "script")


class SearchQuery(Struct, frozen=True):
    query: str
    match_case: bool = False
    whole_word: bool = False


async def search(call: Call) -> Response:
    asked = call.query(SearchQuery)
    found = await finding.search(
        call.context.pool, call.subject, call.workspace, asked.query,
        match_case=asked.match_case, whole_word=asked.whole_word,
    )  # fmt: skip
    return as_json(found)


async def references(call: Call) -> Response:
    return as_json(await finding.references(call.context.pool, call.subject, call.workspace, call.path()))


class Following(Struct, frozen=True):
    """``message`` is the remark of the new versions."""

    new_path: str
    message: str = ""


async def follow(call: Call) -> Response:
    asked = await call.json(Following)
    outcome = await following.follow(
        call.context.pool, call.subject, call.workspace, call.path(), asked.new_path, asked.message
    )
    return as_json(outcome)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "searchCode", "GET", f"{WORKSPACE}/search_code", search, "scripts:read", TAGS,
        "Lines of code that hold a text, in scripts and in the steps of flows", query=SearchQuery,
        returns=list[finding.FoundCode],
    ),
    Operation(
        "listScriptReferences", "GET", f"{WORKSPACE}/references/{{path:path}}", references, "scripts:read", TAGS,
        "What imports, runs or names a script", returns=list[finding.Reference],
    ),
    Operation(
        "followMovedScript", "POST", f"{WORKSPACE}/follow_move/{{path:path}}", follow, "developer:scripts:write", TAGS,
        "Change imports and steps that mean a moved script, each in a new version",
        body=Following, returns=following.Outcome,
    ),
)  # fmt: skip
