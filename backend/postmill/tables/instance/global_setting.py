"""Settings of the whole instance, sealed with a key derived from the instance key."""

from typing import Any

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel import json

QUERIES = load_queries(__file__)


async def get(connection: Connection, keyring: Keyring, name: str) -> Any:
    """The value; None where it is not set."""
    sealed = await connection.fetchval(QUERIES.get, name)
    return None if sealed is None else json.decode(keyring.open_setting(name, sealed))


async def list_all(connection: Connection, keyring: Keyring) -> list[tuple[str, Any]]:
    """Every setting, by name."""
    rows = await connection.fetch(QUERIES.list_all)
    return [
        (row["name"], json.decode(keyring.open_setting(row["name"], row["sealed_value"]))) for row in rows
    ]


async def put(connection: Connection, keyring: Keyring, name: str, value: Any, updated_by: str) -> None:
    """Set it; None removes it."""
    if value is None:
        await connection.execute(QUERIES.delete, name)
        return
    sealed = keyring.seal_setting(name, json.encode_text(value))
    await connection.execute(QUERIES.put, name, sealed, updated_by)
