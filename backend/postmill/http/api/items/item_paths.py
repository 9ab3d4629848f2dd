"""The paths of a workspace."""

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json
from postmill.items import item_paths


class ItemPaths(msgspec.Struct, frozen=True):
    paths: list[str]


async def list_paths(call: Call) -> Response:
    paths = await item_paths.list_paths(call.context.pool, call.subject, call.workspace)
    return as_json(ItemPaths(paths))


OPERATIONS = (
    Operation(
        "listPathAutocompletePaths", "GET", "/w/{workspace}/path_autocomplete/list_paths", list_paths,
        "member:workspaces:read", ("path_autocomplete",),
        "The paths of the scripts, flows, variables and resources that the caller may see", returns=ItemPaths,
    ),
)  # fmt: skip
