"""The wrapped data keys of workspaces, one or more (after a rotation) per workspace, and their export keys."""

from postmill.crypto.workspace_keys import DataKey, Keyring
from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel.errors import NotFound

QUERIES = load_queries(__file__)


async def newest(connection: Connection, keyring: Keyring, workspace_id: str) -> DataKey:
    """The key to seal new values with; raises NotFound where the workspace has none."""
    row = await connection.fetchrow(QUERIES.newest, workspace_id)
    if row is None:
        raise NotFound(f"Not found: workspace {workspace_id} does not exist")
    return keyring.unwrap(workspace_id, row["id"], row["wrapped_key"])


async def by_id(connection: Connection, keyring: Keyring, workspace_id: str, key_id: int) -> DataKey:
    """The key with this id, which a sealed record names; raises NotFound."""
    row = await connection.fetchrow(QUERIES.by_id, workspace_id, key_id)
    if row is None:
        raise NotFound(f"Not found: workspace {workspace_id} has no key {key_id}")
    return keyring.unwrap(workspace_id, row["id"], row["wrapped_key"])


async def insert(connection: Connection, workspace_id: str, key_id: int, wrapped_key: str) -> None:
    await connection.execute(QUERIES.insert, workspace_id, key_id, wrapped_key)


async def export_key(connection: Connection, keyring: Keyring, workspace_id: str) -> str | None:
    """The chosen key for carrying secrets elsewhere; None where nobody chose one."""
    sealed = await connection.fetchval(QUERIES.export_key, workspace_id)
    return None if sealed is None else keyring.open_setting(f"export key:{workspace_id}", sealed)


async def put_export_key(connection: Connection, keyring: Keyring, workspace_id: str, key: str) -> None:
    sealed = keyring.seal_setting(f"export key:{workspace_id}", key)
    await connection.execute(QUERIES.put_export_key, workspace_id, sealed)
