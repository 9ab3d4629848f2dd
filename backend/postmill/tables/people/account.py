"""Accounts of the instance: one per person, by lower-case e-mail address."""

from datetime import datetime
from typing import Literal

import msgspec

from postmill.db.pool import Connection
from postmill.db.queries import load_queries

QUERIES = load_queries(__file__)


class AccountRow(msgspec.Struct, frozen=True, kw_only=True):
    """One account; ``password_hash`` leaves the identity package in exports for superadmins only."""

    email: str
    name: str | None
    company: str | None
    username: str | None
    password_hash: str | None
    login_type: str
    is_superadmin: bool
    is_devops: bool
    disabled: bool
    first_time: bool
    tutorial_progress: int
    tutorials_skipped: bool
    role_source: Literal["manual", "instance_group"]
    created_at: datetime


async def insert(
    connection: Connection,
    email: str,
    password_hash: str | None,
    *,
    name: str | None = None,
    company: str | None = None,
    is_superadmin: bool = False,
    first_time: bool = True,
) -> None:
    """Raises asyncpg.UniqueViolationError for a taken address."""
    await connection.execute(QUERIES.insert, email, name, company, password_hash, is_superadmin, first_time)


async def insert_service(connection: Connection, email: str, username: str, workspace_id: str) -> None:
    """A service account of a workspace. Raises asyncpg.UniqueViolationError for a taken address."""
    await connection.execute(QUERIES.insert_service, email, username, workspace_id)


async def get(connection: Connection, email: str) -> AccountRow | None:
    row = await connection.fetchrow(QUERIES.get, email)
    return None if row is None else AccountRow(**dict(row))


async def list_all(connection: Connection, *, active_only: bool, limit: int, offset: int) -> list[AccountRow]:
    """Accounts by address."""
    rows = await connection.fetch(QUERIES.list_all, active_only, limit, offset)
    return [AccountRow(**dict(row)) for row in rows]


async def exists(connection: Connection, email: str) -> bool:
    return bool(await connection.fetchval(QUERIES.exists, email))


async def any_exists(connection: Connection) -> bool:
    return bool(await connection.fetchval(QUERIES.any_exists))


async def update(
    connection: Connection,
    email: str,
    *,
    name: str | None = None,
    is_superadmin: bool | None = None,
    is_devops: bool | None = None,
    disabled: bool | None = None,
) -> bool:
    """Change what is not None; whether there was such an account."""
    found = await connection.fetchval(QUERIES.update, email, name, is_superadmin, is_devops, disabled)
    return found is not None


async def put(
    connection: Connection,
    email: str,
    password_hash: str | None,
    name: str | None,
    company: str | None,
    username: str | None,
    *,
    is_superadmin: bool,
    first_time: bool,
) -> None:
    """Make an account, or make the one of that address like this."""
    await connection.execute(
        QUERIES.put, email, password_hash, name, company, username, is_superadmin, first_time
    )


async def set_password(connection: Connection, email: str, password_hash: str) -> bool:
    """Whether there was such an account."""
    return await connection.fetchval(QUERIES.set_password, email, password_hash) is not None


async def set_login_type(connection: Connection, email: str, login_type: str) -> bool:
    """Whether there was such an account."""
    return await connection.fetchval(QUERIES.set_login_type, email, login_type) is not None


async def set_username(connection: Connection, email: str, username: str | None) -> None:
    await connection.execute(QUERIES.set_username, email, username)


async def set_tutorial_progress(
    connection: Connection, email: str, progress: int | None, skipped: bool | None
) -> None:
    await connection.execute(QUERIES.set_tutorial_progress, email, progress, skipped)


async def delete(connection: Connection, email: str) -> bool:
    """Whether there was such an account."""
    return await connection.fetchval(QUERIES.delete, email) is not None


async def other_superadmins(connection: Connection, email: str) -> int:
    """How many superadmins there are besides this account, locked until the transaction ends."""
    return len(await connection.fetch(QUERIES.other_superadmins, email))


async def addable(
    connection: Connection, workspace_id: str, search: str, limit: int
) -> list[tuple[str, str | None]]:
    """(address, user name) of accounts that could join the workspace."""
    rows = await connection.fetch(QUERIES.addable, workspace_id, search, limit)
    return [(row["email"], row["username"]) for row in rows]


async def lock_first_start(connection: Connection) -> None:
    """Only one transaction at a time passes here."""
    await connection.execute(QUERIES.lock_first_start)
