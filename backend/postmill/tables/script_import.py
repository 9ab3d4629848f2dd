"""The dependency map: which script imports which."""

from collections.abc import Sequence
from typing import Any

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.tables.visible import where_visible

QUERIES = load_queries(__file__)


async def replace(connection: Connection, workspace: str, importer: str, imported: Sequence[str]) -> None:
    """Sets what the importer's newest version imports."""
    await connection.execute(QUERIES.forget, workspace, importer)
    if imported:
        await connection.execute(QUERIES.remember, workspace, importer, list(imported))


async def importers_of(connection: Connection, workspace: str, path: str) -> list[str]:
    """Every script that imports the path directly, itself excepted."""
    rows = await connection.fetch(QUERIES.importers_of, workspace, path)
    return [row["importer_path"] for row in rows]


async def importers_of_visible(
    connection: Connection, workspace: str, path: str, visible: tuple[str, Sequence[Any]]
) -> list[str]:
    """The rule speaks of alias ``s``; its values are numbered from parameter 3."""
    rule, values = visible
    rows = await connection.fetch(where_visible(QUERIES.importers_of_visible, rule), workspace, path, *values)
    return [row["importer_path"] for row in rows]
