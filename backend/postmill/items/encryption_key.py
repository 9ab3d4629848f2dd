"""The keys of a workspace: the data key that seals its secrets, and the export key that carries them elsewhere."""

from postmill.access.policy import is_bypassing
from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool, Session
from postmill.items.exported_secrets import export_key, require_export_key
from postmill.kernel.errors import PermissionDenied
from postmill.model.subject import Subject
from postmill.references.sealing import open_sealed, place_of_variable, seal
from postmill.tables.instance import audit
from postmill.tables.items import variable as variables
from postmill.tables.workspaces import workspace_key


async def get(pool: Pool, keyring: Keyring, subject: Subject, workspace: str) -> str:
    """The export key; whoever has it reads what is exported, so that asking for it is audited."""
    await audit.record(pool, subject, "workspaces.read_encryption_key", "Execute", workspace)
    return await export_key(pool, keyring, workspace)


async def put(
    pool: Pool, keyring: Keyring, subject: Subject, workspace: str, key: str, *, reseal: bool
) -> int:
    """Choose the export key and, with ``reseal``, give the workspace a new data key; returns how many were sealed.

    Raises InvalidInput for anything but 64 letters and digits.
    """
    require_export_key(key)
    async with pool.acquire() as connection, connection.transaction():
        await workspace_key.put_export_key(connection, keyring, workspace, key)
        sealed = await _reseal(connection, keyring, workspace) if reseal else 0
        details = {"secrets": sealed}
        action = "workspaces.set_encryption_key"
        await audit.record(connection, subject, action, "Updated", workspace, details)
    return sealed


async def rotate(pool: Pool, keyring: Keyring, subject: Subject, workspace: str) -> int:
    """Gives the workspace a new data key and seals every secret with it, for admins; returns how many."""
    if not is_bypassing(subject):
        raise PermissionDenied("Require Admin privileges for changing the key of the workspace")
    async with pool.acquire() as connection, connection.transaction():
        sealed = await _reseal(connection, keyring, workspace)
        details = {"secrets": sealed}
        await audit.record(connection, subject, "variables.rotate_key", "Updated", workspace, details)
    return sealed


async def _reseal(connection: Session, keyring: Keyring, workspace: str) -> int:
    """In one transaction: readers find either all secrets under the old key or all under the new one.

    Old keys stay, for sealed arguments of runs that wait.
    """
    secrets = await variables.list_secrets(connection, workspace)
    old = await workspace_key.newest(connection, keyring, workspace)
    new_id = old.id + 1
    await workspace_key.insert(connection, workspace, new_id, keyring.new_wrapped_key(workspace, new_id))
    for path, record in secrets:
        place = place_of_variable(workspace, path)
        text = await open_sealed(connection, keyring, workspace, record, place)
        sealed = await seal(connection, keyring, workspace, text, place)
        await variables.set_value(connection, workspace, path, sealed)
    return len(secrets)
