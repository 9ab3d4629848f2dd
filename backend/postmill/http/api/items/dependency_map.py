"""Which scripts and flows import which scripts."""

from typing import Literal

import msgspec

from postmill.deploy import dependency_map
from postmill.deploy.dependency_map import Edge
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json, counted, text

TAGS = ("workspace",)
BASE = "/w/{workspace}/workspaces"


class DependencyDependent(msgspec.Struct, frozen=True, kw_only=True):
    """What imports a script; the steps of a flow are not told apart."""

    importer_path: str
    importer_kind: Literal["script", "flow", "app"]
    importer_node_ids: list[str] | None = None


class DependentsAmount(msgspec.Struct, frozen=True, kw_only=True):
    imported_path: str
    count: int


class DependencyMap(msgspec.Struct, frozen=True, kw_only=True):
    workspace_id: str
    importer_path: str
    importer_kind: str
    imported_path: str
    importer_node_id: str | None = None


async def dependents(call: Call) -> Response:
    found = await _edges(call, imported=[call.path()])
    return as_json(
        [DependencyDependent(importer_path=edge.importer, importer_kind=edge.kind) for edge in found]
    )


async def imports(call: Call) -> Response:
    found = await _edges(call, importer=call.path())
    return as_json(sorted({edge.imported for edge in found}))


async def amounts(call: Call) -> Response:
    paths = await call.json(list[str])
    found = await dependency_map.amounts(call.context.pool, call.subject, call.workspace, paths)
    return as_json([DependentsAmount(imported_path=path, count=count) for path, count in found.items()])


async def whole(call: Call) -> Response:
    return as_json(
        [
            DependencyMap(
                workspace_id=call.workspace,
                importer_path=edge.importer,
                importer_kind=edge.kind,
                imported_path=edge.imported,
            )
            for edge in await _edges(call)
        ]
    )


async def rebuild(call: Call) -> Response:
    count = await dependency_map.rebuild(call.context.pool, call.subject, call.workspace)
    return text(f"read the imports of {counted(count, 'script')}")


async def _edges(call: Call, *, imported: list[str] | None = None, importer: str | None = None) -> list[Edge]:
    return await dependency_map.edges(
        call.context.pool, call.subject, call.workspace, imported=imported, importer=importer
    )


OPERATIONS = (
    Operation(
        "getDependents", "GET", f"{BASE}/get_dependents/{{path:path}}", dependents, "member:scripts:read", TAGS,
        "What imports a script", returns=list[DependencyDependent],
    ),
    Operation(
        "getImports", "GET", f"{BASE}/get_imports/{{path:path}}", imports, "member:scripts:read", TAGS,
        "What a script or flow imports", returns=list[str],
    ),
    Operation(
        "getDependentsAmounts", "POST", f"{BASE}/get_dependents_amounts", amounts, "member:scripts:read", TAGS,
        "How many scripts and flows import each of the paths", body=list[str], returns=list[DependentsAmount],
    ),
    Operation(
        "getDependencyMap", "GET", f"{BASE}/get_dependency_map", whole, "member:scripts:read", TAGS,
        "Which scripts and flows import which scripts", returns=list[DependencyMap],
    ),
    Operation(
        "rebuildDependencyMap", "POST", f"{BASE}/rebuild_dependency_map", rebuild, "admin", TAGS,
        "Read the imports of all scripts again", returns=str,
    ),
)  # fmt: skip
