"""What the driver can do but does not offer, in one place; the version of asyncpg is bounded for its sake."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import asyncpg
from asyncpg import exceptions
from asyncpg.prepared_stmt import PreparedStatement
from asyncpg.protocol.protocol import BUILTIN_TYPE_OID_MAP

from postmill.languages.rows import Row
from postmill.languages.sql.postgresql.arguments import as_literal
from postmill.languages.sql.postgresql.codecs import CODECS

if TYPE_CHECKING:
    Wire = asyncpg.Connection[asyncpg.Record]
    Prepared = PreparedStatement[asyncpg.Record]
else:
    Wire, Prepared = asyncpg.Connection, PreparedStatement

OUTDATED = (exceptions.OutdatedSchemaCacheError, exceptions.InvalidCachedStatementError)
"""A table changed since the statement was prepared; it was not run."""


def set_codecs(connection: Wire, *, raw: bool) -> None:
    """The public method asks the server what it knows of each type, even of those that never change.

    ``raw``: every built-in type comes and goes as the server's text.
    """
    private: Any = connection
    settings = private._protocol.get_settings()
    if raw:
        for oid, name in BUILTIN_TYPE_OID_MAP.items():
            settings.add_python_codec(oid, name, "pg_catalog", [], "scalar", as_literal, str, "text")
        return
    for oid, name, form, encoder, decoder in CODECS:
        settings.add_python_codec(oid, name, "pg_catalog", [], "scalar", encoder, decoder, form)


async def prepare(connection: Wire, text: str) -> Prepared:
    """Through the driver's cache, so that known statements need no round trip."""
    private: Any = connection
    prepared: Prepared = await private._prepare(text, use_cache=True)
    return prepared


async def forget_prepared(connection: Wire) -> None:
    private: Any = connection
    private._drop_local_statement_cache()
    await connection.reload_schema_state()


async def fetch_up_to(
    connection: Wire, prepared: Prepared, values: Sequence[Any], limit: int
) -> tuple[list[Row], bool]:
    """What ``fetchrow`` does for one row: up to ``limit`` rows in one round trip, and whether these are all.

    Rows beyond the limit are never made by the server.
    """
    connection_parts: Any = connection
    parts: Any = prepared
    rows, _, complete = await connection_parts._protocol.bind_execute(
        parts._state, values, "", limit, True, None
    )
    return rows, complete


async def describe(connection: Wire, text: str) -> Prepared:
    """Prepares a statement that is not going to be run."""
    prepared = await connection.prepare(text)
    # The driver leaves what follows in the transaction of the preparation, until something is run.
    await connection.execute("SELECT")
    return prepared
