"""What flows use: the scripts and flows that their steps run, and the scripts that their inline code imports."""

from collections.abc import Collection

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.flow_document import FlowUse
from postmill.model.subject import Subject
from postmill.tables.items.flow import SEEN

QUERIES = load_queries(__file__)


async def replace(connection: Connection, workspace: str, flow: str, uses: Collection[FlowUse]) -> None:
    """Sets what the newest version of the flow uses."""
    await connection.execute(QUERIES.forget, workspace, flow)
    if uses:
        kinds, paths = [use.kind for use in uses], [use.path for use in uses]
        await connection.execute(QUERIES.remember, workspace, flow, kinds, paths)


async def importers_of(connection: Connection, workspace: str, script: str) -> list[str]:
    """The paths of live flows whose inline code imports the script."""
    rows = await connection.fetch(QUERIES.importers_of, workspace, script)
    return [row["flow_path"] for row in rows]


async def users_of(
    connection: Connection, subject: Subject, workspace: str, kind: str, path: str, *, below: bool
) -> list[str]:
    """The flows that the subject may see and that use a script (by running or importing it) or a flow.

    ``below``: anything whose path starts so.
    """
    rows = await SEEN.fetch(connection, subject, QUERIES.users_of, workspace, kind, path, below)
    return [row["path"] for row in rows]


async def edges(
    connection: Connection,
    subject: Subject,
    workspace: str,
    *,
    imported: Collection[str] | None = None,
    importer: str | None = None,
    limit: int,
) -> list[tuple[str, str]]:
    """Pairs of a flow that the subject may see and a script that its inline code imports, as far as asked for."""
    wanted = None if imported is None else list(imported)
    rows = await SEEN.fetch(connection, subject, QUERIES.edges, workspace, wanted, importer, limit)
    return [(row["flow_path"], row["used_path"]) for row in rows]
