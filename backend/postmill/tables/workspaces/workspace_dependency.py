"""The table of workspace dependencies: requirement files that scripts of a language share."""

from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.workspace_dependency import WorkspaceDependency

QUERIES = load_queries(__file__)


def _dependency(row: Record) -> WorkspaceDependency:
    return WorkspaceDependency(**dict(row))


async def current(
    connection: Connection, workspace: str, language: str, name: str | None
) -> WorkspaceDependency | None:
    row = await connection.fetchrow(QUERIES.current, workspace, language, name)
    return _dependency(row) if row else None


async def latest(
    connection: Connection, workspace: str, language: str, name: str | None
) -> WorkspaceDependency | None:
    """The newest content, also when it is archived."""
    row = await connection.fetchrow(QUERIES.latest, workspace, language, name)
    return _dependency(row) if row else None


async def contents(connection: Connection, workspace: str, language: str) -> dict[str, str]:
    """The files in force of a language by name, the default one under ""."""
    rows = await connection.fetch(QUERIES.contents, workspace, language)
    return {row["name"]: row["content"] for row in rows}


async def list_current(connection: Connection, workspace: str) -> list[WorkspaceDependency]:
    return [_dependency(row) for row in await connection.fetch(QUERIES.list_current, workspace)]


async def add(
    connection: Connection,
    workspace: str,
    language: str,
    name: str | None,
    description: str | None,
    content: str,
    author: str,
) -> int:
    """The id of the new content; the one in force must have been archived."""
    added: int = await connection.fetchval(
        QUERIES.add, workspace, language, name, description, content, author
    )
    return added


async def archive(connection: Connection, workspace: str, language: str, name: str | None) -> bool:
    """False when none was in force."""
    return await connection.fetchval(QUERIES.archive, workspace, language, name) is not None


async def delete(connection: Connection, workspace: str, language: str, name: str | None) -> bool:
    """False when there was none."""
    return bool(await connection.fetch(QUERIES.delete, workspace, language, name))
