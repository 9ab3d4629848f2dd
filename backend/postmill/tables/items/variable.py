"""The table of variables. Sealing, opening and rights are the business of its callers, but for lists."""

import msgspec
from asyncpg import Record

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.item_filter import ItemFilter
from postmill.model.subject import Subject
from postmill.model.variable import Variable
from postmill.tables.items.visible import SeenItems

QUERIES = load_queries(__file__)
SEEN = SeenItems("variable", "v")


def _variable(row: Record) -> Variable:
    return Variable(
        workspace_id=row["workspace_id"],
        path=row["path"],
        value=row["value"],
        is_secret=row["is_secret"],
        description=row["description"],
        account=row["account"],
        is_oauth=row["is_oauth"],
        expires_at=row["expires_at"],
        labels=tuple(row["labels"]),
        ws_specific=row["ws_specific"],
        extra_perms=msgspec.json.decode(row["extra_perms"], type=dict[str, bool]),
        edited_by=row["edited_by"],
        edited_at=row["edited_at"],
    )


async def get(connection: Connection, workspace: str, path: str) -> Variable | None:
    row = await connection.fetchrow(QUERIES.get, workspace, path)
    return _variable(row) if row else None


async def get_for_update(connection: Connection, workspace: str, path: str) -> Variable | None:
    """Locks the row; to be called inside a transaction."""
    row = await connection.fetchrow(QUERIES.get_for_update, workspace, path)
    return _variable(row) if row else None


async def list_visible(
    connection: Connection,
    subject: Subject,
    workspace: str,
    wanted: ItemFilter,
    *,
    limit: int,
    offset: int,
) -> list[Variable]:
    """Those that the subject may see, by path."""
    rows = await SEEN.fetch(
        connection,
        subject,
        QUERIES.list_visible,
        workspace,
        wanted.path_start,
        wanted.path,
        wanted.description,
        wanted.value,
        wanted.broad_filter,
        wanted.label,
        limit,
        offset,
    )
    return [_variable(row) for row in rows]


async def list_secrets(connection: Connection, workspace: str) -> list[tuple[str, str]]:
    """Path and sealed record of every secret, locked for the rest of the transaction."""
    rows = await connection.fetch(QUERIES.list_secrets, workspace)
    return [(row["path"], row["value"]) for row in rows]


async def add(connection: Connection, variable: Variable) -> bool:
    """False when the path is taken."""
    added = await connection.fetchval(
        QUERIES.add,
        variable.workspace_id,
        variable.path,
        variable.value,
        variable.is_secret,
        variable.description,
        variable.account,
        variable.is_oauth,
        variable.expires_at,
        list(variable.labels),
        variable.ws_specific,
        variable.edited_by,
    )
    return added is not None


async def update(connection: Connection, path: str, variable: Variable) -> None:
    """Writes the record over the one at ``path``; ``variable.path`` may be another."""
    await connection.execute(
        QUERIES.update,
        variable.workspace_id,
        path,
        variable.path,
        variable.value,
        variable.is_secret,
        variable.description,
        list(variable.labels),
        variable.ws_specific,
        variable.edited_by,
    )


async def set_value(connection: Connection, workspace: str, path: str, value: str) -> None:
    await connection.execute(QUERIES.set_value, workspace, path, value)


async def set_extra_perms(
    connection: Connection, workspace: str, path: str, extra_perms: dict[str, bool]
) -> None:
    """Replaces the grants."""
    await connection.execute(
        QUERIES.set_extra_perms, workspace, path, msgspec.json.encode(extra_perms).decode()
    )


async def delete(connection: Connection, workspace: str, path: str) -> bool:
    """False when there was none."""
    return await connection.fetchval(QUERIES.delete, workspace, path) is not None


async def list_paths(connection: Connection, subject: Subject, workspace: str) -> list[str]:
    """The paths of all variables that the subject may see."""
    rows = await SEEN.fetch(connection, subject, QUERIES.list_paths, workspace)
    return [row["path"] for row in rows]
