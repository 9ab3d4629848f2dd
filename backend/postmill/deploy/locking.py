"""What becomes of a version when its lock was found, or could not be."""

from msgspec.structs import replace

from postmill.db.pool import Session
from postmill.deploy.identity import version_hash
from postmill.deploy.importers import relock_importers
from postmill.model.script import Script
from postmill.tables.items import script as scripts

RELOCKED_MESSAGE = "Locked again: a script that it imports changed"


async def record_lock(connection: Session, workspace: str, script_hash: int, lock: str) -> None:
    """Makes the version runnable, inside the transaction that ends its lock job.

    A version is never changed once it has a lock: a different one makes a new version of the same code. Scripts that
    import this one are locked again when the lock differs from the one before.
    """
    script = await scripts.by_hash(connection, workspace, script_hash)
    if script is None or script.deleted:
        return
    if script.lock is None:
        before = await scripts.previous_lock(connection, script)
        await scripts.set_lock(connection, workspace, script_hash, lock)
        await announce(connection, script, is_lock_new=lock != before)
    elif script.lock != lock:
        await _relock(connection, script, lock)


async def record_lock_error(connection: Session, workspace: str, script_hash: int, message: str) -> None:
    """Keeps the resolver's words with the version. One that has a lock already goes on with it."""
    path = await scripts.set_lock_error(connection, workspace, script_hash, message.replace("\0", "\ufffd"))
    if path is not None:
        await scripts.notify_changed(connection, workspace, path)


async def announce(connection: Session, script: Script, *, is_lock_new: bool) -> None:
    """Tells every process that the path changed, and has its importers locked again."""
    await scripts.notify_changed(connection, script.workspace_id, script.path)
    if is_lock_new:
        await relock_importers(connection, script.workspace_id, script.path)


async def _relock(connection: Session, script: Script, lock: str) -> None:
    """A newer version has a lock job of its own: then there is nothing to do."""
    await scripts.lock_path(connection, script.workspace_id, script.path)
    head = await scripts.head(connection, script.workspace_id, script.path)
    if head is None or head.archived or head.hash != script.hash:
        return
    again = replace(
        script,
        parent_hashes=(script.hash, *script.parent_hashes),
        lock=lock,
        lock_error_logs=None,
        deployment_message=RELOCKED_MESSAGE,
    )
    again = replace(again, hash=version_hash(again))
    await scripts.add(connection, again)
    await announce(connection, again, is_lock_new=True)
