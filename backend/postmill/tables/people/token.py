"""Tokens of sessions and of programs: only the SHA-256 is stored."""

from collections.abc import Sequence
from datetime import datetime

import asyncpg
import msgspec

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.subject import TokenKind

QUERIES = load_queries(__file__)


class NewTokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A token to store; ``hash`` is the SHA-256 of its whole text."""

    hash: bytes
    prefix: str
    kind: TokenKind
    email: str
    label: str | None = None
    workspace_id: str | None = None
    scopes: tuple[str, ...] | None = None
    read_only: bool = False
    created_by_prefix: str | None = None
    expires_at: datetime | None = None


class TokenRow(msgspec.Struct, frozen=True, kw_only=True):
    """A stored token as its owner sees it."""

    prefix: str
    kind: TokenKind
    email: str
    label: str | None
    workspace_id: str | None
    scopes: list[str] | None
    read_only: bool
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime


async def by_hash(connection: Connection, digest: bytes) -> asyncpg.Record | None:
    """The good token with this hash and its account's role; None when it is unknown, expired or disabled."""
    row: asyncpg.Record | None = await connection.fetchrow(QUERIES.by_hash, digest)
    if row is not None and row["use_is_stale"]:
        await connection.execute(QUERIES.touch, digest)
    return row


async def insert(connection: Connection, row: NewTokenRow) -> None:
    await connection.execute(
        QUERIES.insert,
        row.hash,
        row.prefix,
        row.kind,
        row.email,
        row.label,
        row.workspace_id,
        None if row.scopes is None else list(row.scopes),
        row.read_only,
        row.created_by_prefix,
        row.expires_at,
    )


async def list_of(
    connection: Connection, email: str, *, exclude_ephemeral: bool, limit: int, offset: int
) -> list[TokenRow]:
    """The good tokens of an account, the newest first."""
    rows = await connection.fetch(QUERIES.list_of, email, exclude_ephemeral, limit, offset)
    return [TokenRow(**dict(row)) for row in rows]


async def list_with_scope(
    connection: Connection, workspace: str, scopes: list[str], email: str | None, limit: int
) -> list[TokenRow]:
    """The good tokens of a workspace that name one of the scopes, the newest first; None: those of all accounts."""
    rows = await connection.fetch(QUERIES.list_with_scope, workspace, scopes, email, limit)
    return [TokenRow(**dict(row)) for row in rows]


async def get(connection: Connection, email: str, prefix: str) -> TokenRow | None:
    row = await connection.fetchrow(QUERIES.get, email, prefix)
    return None if row is None else TokenRow(**dict(row))


async def beginning_with(connection: Connection, email: str, kind: TokenKind, beginning: str) -> list[str]:
    """Prefixes of the account's tokens of a kind that begin like this behind their kind; at most two of them."""
    rows = await connection.fetch(QUERIES.beginning_with, email, kind, beginning)
    return [row["prefix"] for row in rows]


async def delete(connection: Connection, email: str, prefix: str) -> bool:
    """Whether there was one to delete."""
    return await connection.fetchval(QUERIES.delete, email, prefix) is not None


async def delete_by_hash(connection: Connection, digest: bytes) -> bool:
    """Whether there was one to delete."""
    return await connection.fetchval(QUERIES.delete_by_hash, digest) is not None


async def delete_sessions(connection: Connection, email: str, except_hash: bytes | None = None) -> None:
    await connection.execute(QUERIES.delete_sessions, email, except_hash)


async def delete_all_of(connection: Connection, email: str) -> None:
    await connection.execute(QUERIES.delete_all_of, email)


async def update_scopes(
    connection: Connection, email: str, prefix: str, scopes: Sequence[str] | None
) -> bool:
    """Whether there was one to change."""
    listed = None if scopes is None else list(scopes)
    return await connection.fetchval(QUERIES.update_scopes, email, prefix, listed) is not None


async def update_label(connection: Connection, email: str, prefix: str, label: str | None) -> bool:
    """Whether there was one to change."""
    return await connection.fetchval(QUERIES.update_label, email, prefix, label) is not None


async def delete_expired(connection: Connection) -> None:
    await connection.execute(QUERIES.delete_expired)
