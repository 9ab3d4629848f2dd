"""The address that a workspace has told of its changes, and the messages that it has not been sent yet.

``audit.record`` writes a message in the transaction of each change that is told of.
"""

from datetime import datetime
from typing import Any, NamedTuple

from postmill.crypto.workspace_keys import CannotOpen, Keyring
from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel import json

QUERIES = load_queries(__file__)


class Message(NamedTuple):
    """One change that the address ``url`` has not been told of."""

    id: int
    workspace_id: str
    action: str
    resource: str | None
    parameters: dict[str, Any]
    made_at: datetime
    tries: int
    url: str


def _place(workspace_id: str) -> str:
    return f"webhook:{workspace_id}"


async def get(connection: Connection, keyring: Keyring, workspace_id: str) -> str | None:
    """The address, or None."""
    sealed = await connection.fetchval(QUERIES.get, workspace_id)
    return None if sealed is None else keyring.open_setting(_place(workspace_id), sealed)


async def put(connection: Connection, keyring: Keyring, workspace_id: str, url: str | None) -> None:
    """Set it; None removes it with what it was not told yet."""
    if url is None:
        await connection.execute(QUERIES.delete, workspace_id)
    else:
        sealed = keyring.seal_setting(_place(workspace_id), url)
        await connection.execute(QUERIES.put, workspace_id, sealed)


async def due(connection: Connection, keyring: Keyring, limit: int) -> list[Message]:
    """The oldest messages whose time has come."""
    return [
        Message(
            id=row["id"],
            workspace_id=row["workspace_id"],
            action=row["action"],
            resource=row["resource"],
            parameters={} if row["parameters"] is None else json.decode(row["parameters"]),
            made_at=row["made_at"],
            tries=row["tries"],
            url=_opened(keyring, row["workspace_id"], row["sealed_url"]),
        )
        for row in await connection.fetch(QUERIES.due, limit)
    ]


def _opened(keyring: Keyring, workspace_id: str, sealed: str) -> str:
    """Empty for a record under another key: one workspace's record stops no other's messages."""
    try:
        return keyring.open_setting(_place(workspace_id), sealed)
    except CannotOpen:
        return ""


async def sent(connection: Connection, message_id: int) -> None:
    """Forget it."""
    await connection.execute(QUERIES.sent, message_id)


async def failed(connection: Connection, message_id: int, seconds: float) -> None:
    """Try again in so many seconds."""
    await connection.execute(QUERIES.failed, message_id, seconds)
