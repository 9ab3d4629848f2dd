"""Takes scripts away: archiving keeps everything; deleting is for admins, and undone from the trash only."""

from collections.abc import Sequence

from postmill.access.policy import can_read, is_bypassing, not_found, require_write
from postmill.db.pool import Pool, Session
from postmill.deploy.protection import require_deploying
from postmill.kernel.errors import NotFound, PermissionDenied
from postmill.kernel.ids import format_hash
from postmill.model.script import Script
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import script as scripts
from postmill.tables.items import script_import, trash
from postmill.tables.items.item_kinds import SCRIPTS


async def archive_path(pool: Pool, subject: Subject, workspace: str, path: str) -> None:
    """Nothing runs by the path until a new version restores it."""
    async with pool.acquire() as connection, connection.transaction():
        await require_deploying(connection, subject, workspace)
        head = await SCRIPTS.changeable(connection, subject, workspace, path)
        await scripts.archive_path(connection, workspace, path)
        await _forget(connection, head)
        await audit.record(connection, subject, "scripts.archive", "Delete", path)


async def archive_version(pool: Pool, subject: Subject, workspace: str, script_hash: int) -> Script:
    """Archives one version; with the newest one the whole path, so that no older version comes back into use."""
    async with pool.acquire() as connection, connection.transaction():
        await require_deploying(connection, subject, workspace)
        script = await _version(connection, subject, workspace, script_hash)
        require_write(subject, "script", script.path, script.extra_perms)
        await scripts.lock_path(connection, workspace, script.path)
        head = await scripts.head(connection, workspace, script.path)
        if head is not None and head.hash == script_hash:
            await scripts.archive_path(connection, workspace, script.path)
            await _forget(connection, head)
        else:
            await scripts.archive_version(connection, workspace, script_hash)
            await scripts.notify_changed(connection, workspace, script.path)
        parameters = {"hash": format_hash(script_hash)}
        await audit.record(connection, subject, "scripts.archive", "Delete", script.path, parameters)
        return await _version(connection, subject, workspace, script_hash)


async def delete_version(pool: Pool, subject: Subject, workspace: str, script_hash: int) -> Script:
    """Removes the content of a version for good, for admins; returns what is left of it."""
    _require_admin(subject, "deleting a version")
    async with pool.acquire() as connection, connection.transaction():
        await require_deploying(connection, subject, workspace)
        script = await _version(connection, subject, workspace, script_hash)
        await scripts.lock_path(connection, workspace, script.path)
        await scripts.delete_version(connection, workspace, script_hash)
        await scripts.notify_changed(connection, workspace, script.path)
        parameters = {"hash": format_hash(script_hash)}
        await audit.record(connection, subject, "scripts.delete", "Delete", script.path, parameters)
        left = await scripts.by_hash(connection, workspace, script_hash)
        return left or script


async def delete_path(pool: Pool, subject: Subject, workspace: str, path: str) -> None:
    """Removes a path with all its versions, for admins; the trash keeps them for a while."""
    await delete_paths(pool, subject, workspace, [path])


async def delete_paths(pool: Pool, subject: Subject, workspace: str, paths: Sequence[str]) -> list[str]:
    """All or none; returns the deleted paths."""
    _require_admin(subject, "deleting scripts")
    async with pool.acquire() as connection, connection.transaction():
        await require_deploying(connection, subject, workspace)
        for path in paths:
            await scripts.lock_path(connection, workspace, path)
            await trash.keep(connection, workspace, "script", path, subject.username)
            if not await scripts.delete_path(connection, workspace, path):
                raise not_found("script", path)
            await script_import.replace(connection, workspace, path, ())
            await scripts.notify_changed(connection, workspace, path)
            await audit.record(connection, subject, "scripts.delete", "Delete", path)
    return list(paths)


def _require_admin(subject: Subject, what: str) -> None:
    if not is_bypassing(subject):
        raise PermissionDenied(f"Require Admin privileges for {what}")


async def _version(connection: Session, subject: Subject, workspace: str, script_hash: int) -> Script:
    script = await scripts.by_hash(connection, workspace, script_hash)
    is_seen = script is not None and can_read(subject, "script", script.path, script.extra_perms)
    if script is None or script.deleted or not is_seen:
        raise NotFound(
            f"Not found: script version {format_hash(script_hash)} does not exist, or you may not see it"
        )
    return script


async def _forget(connection: Session, head: Script) -> None:
    await script_import.replace(connection, head.workspace_id, head.path, ())
    await scripts.notify_changed(connection, head.workspace_id, head.path)
