"""The dependency map: which script imports which."""

from collections.abc import Sequence

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.subject import Subject
from postmill.tables.items.script import SEEN

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
    connection: Connection, subject: Subject, workspace: str, path: str
) -> list[str]:
    """The scripts that import the path, of those that the subject may see."""
    rows = await SEEN.fetch(connection, subject, QUERIES.importers_of_visible, workspace, path)
    return [row["importer_path"] for row in rows]


async def edges(
    connection: Connection,
    subject: Subject,
    workspace: str,
    *,
    imported: Sequence[str] | None = None,
    importer: str | None = None,
    limit: int,
) -> list[tuple[str, str]]:
    """Pairs of importer and imported among the scripts that the subject may see, as far as asked for."""
    wanted = None if imported is None else list(imported)
    rows = await SEEN.fetch(connection, subject, QUERIES.edges, workspace, wanted, importer, limit)
    return [(row["importer_path"], row["imported_path"]) for row in rows]
