"""Who imports whom in a workspace, as far as somebody may see it, and making that map anew."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Literal, NamedTuple

from postmill.db.pool import Pool
from postmill.deploy.reading_code import read_code
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.model.script import ScriptModule
from postmill.model.subject import Subject
from postmill.signatures.infer import PARSERS
from postmill.tables.instance import audit
from postmill.tables.items import flow_use, script_import
from postmill.tables.items import script as scripts

MOST_EDGES = 100_000
MOST_PATHS = 1000


class Edge(NamedTuple):
    """A script, or a flow whose inline code, imports a script."""

    importer: str
    kind: Literal["script", "flow"]
    imported: str


async def edges(
    pool: Pool,
    subject: Subject,
    workspace: str,
    *,
    imported: Sequence[str] | None = None,
    importer: str | None = None,
) -> list[Edge]:
    """The whole map, or what imports these paths, or what one path imports."""
    of_scripts = await script_import.edges(
        pool, subject, workspace, imported=imported, importer=importer, limit=MOST_EDGES
    )
    of_flows = await flow_use.edges(
        pool, subject, workspace, imported=imported, importer=importer, limit=MOST_EDGES
    )
    return [
        *(Edge(by, "script", path) for by, path in of_scripts if by != path),
        *(Edge(by, "flow", path) for by, path in of_flows),
    ]


async def amounts(pool: Pool, subject: Subject, workspace: str, paths: Sequence[str]) -> dict[str, int]:
    """How many scripts and flows import each of the paths. Raises InvalidInput for too many of them."""
    if len(paths) > MOST_PATHS:
        raise InvalidInput(f"Bad request: at most {MOST_PATHS} paths at once")
    found = Counter(edge.imported for edge in await edges(pool, subject, workspace, imported=paths))
    return {path: found[path] for path in paths}


async def rebuild(pool: Pool, subject: Subject, workspace: str) -> int:
    """Reads the imports of all live scripts again; how many there are. Code that cannot be read keeps what is known."""
    read = 0
    for script_hash in (await scripts.list_sources(pool, subject, workspace, list(PARSERS))).values():
        script = await scripts.by_hash(pool, workspace, script_hash)
        if script is None:
            continue
        modules = None if script.modules is None else json.decode_as(script.modules, dict[str, ScriptModule])
        try:
            facts = await asyncio.to_thread(
                read_code, script.language, script.content, script.path, None, modules
            )
        except InvalidInput:
            continue
        async with pool.acquire() as connection, connection.transaction():
            await script_import.replace(connection, workspace, script.path, facts.imports)
        read += 1
    details = {"scripts": read}
    await audit.record(pool, subject, "workspaces.rebuild_dependency_map", "Updated", workspace, details)
    return read
