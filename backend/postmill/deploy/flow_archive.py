"""Takes flows away: archiving keeps everything; deleting is undone from the trash only."""

from postmill.access.policy import is_bypassing, path_right
from postmill.db.pool import Pool
from postmill.deploy.protection import require_deploying
from postmill.kernel.errors import NotAuthorized, NotFound
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import flow as flows
from postmill.tables.items import trash
from postmill.tables.items.item_kinds import FLOWS


async def set_archived(pool: Pool, subject: Subject, workspace: str, path: str, *, archived: bool) -> None:
    """Nothing runs by the path of an archived flow until it is taken back, or a new version restores it."""
    async with pool.acquire() as connection, connection.transaction():
        await require_deploying(connection, subject, workspace)
        await FLOWS.changeable(connection, subject, workspace, path)
        await flows.set_archived(connection, workspace, path, archived)
        await flows.notify_changed(connection, workspace, path)
        if archived:
            await audit.record(connection, subject, "flows.archive", "Delete", path)
        else:
            await audit.record(connection, subject, "flows.unarchive", "Updated", path)


async def delete(pool: Pool, subject: Subject, workspace: str, path: str) -> bool:
    """Removes a flow with all its versions into the trash; for admins and those whose place it lies in.

    False where there is none, or none that the subject may see: the public command line deletes a flow once for each
    of its files.
    """
    async with pool.acquire() as connection, connection.transaction():
        await require_deploying(connection, subject, workspace)
        try:
            await FLOWS.changeable(connection, subject, workspace, path)
        except NotFound:
            return False
        if not is_bypassing(subject) and path_right(subject, path) is not True:
            raise NotAuthorized(f"Not authorized: deleting {path} needs the right to write in its place")
        await trash.keep(connection, workspace, "flow", path, subject.username)
        await flows.delete(connection, workspace, path)
        await flows.notify_changed(connection, workspace, path)
        await audit.record(connection, subject, "flows.delete", "Delete", path)
    return True
