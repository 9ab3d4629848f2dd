"""What the people who run the instance have to look at: found, listed, acknowledged."""

from postmill.db.pool import Pool
from postmill.kernel.errors import NotFound
from postmill.model.alert import Alert
from postmill.model.subject import Subject
from postmill.queue.fleet import HEARD_OF_SECONDS
from postmill.tables.instance import alert, audit

UNSERVED_SECONDS = 60.0


async def look(pool: Pool) -> list[str]:
    """Compares what is the case with the alerts that are there; answers the messages of the new ones."""
    unserved = await alert.unserved_lanes(pool, HEARD_OF_SECONDS, UNSERVED_SECONDS)
    silent = await alert.silent_workers(pool, HEARD_OF_SECONDS)
    # Of each workspace: its own admins can give its scripts another tag.
    tags = [
        alert.Present(
            f"{workspace}/{tag}",
            f"Runs of {workspace} with the tag {tag!r} wait, and no worker that is there serves it",
            workspace,
        )
        for tag, workspace in unserved
    ]
    workers = [
        alert.Present(
            name,
            f"The worker {name} of the group {group} fell silent without leaving; its runs start again elsewhere",
        )
        for name, group in silent
    ]
    return [
        *await alert.note_present(pool, "tag_unserved", tags),
        *await alert.note_present(pool, "worker_silent", workers),
    ]


async def list_page(
    pool: Pool, workspace: str | None, acknowledged: bool | None, *, limit: int, offset: int
) -> tuple[list[Alert], int]:
    """A page of the alerts of a workspace, or with None of all, the newest first; and how many there are."""
    return await alert.list_page(pool, workspace, acknowledged, limit, offset)


async def acknowledge(pool: Pool, subject: Subject, workspace: str | None, alert_id: int) -> None:
    """Marks an alert as seen; raises NotFound."""
    async with pool.acquire() as connection, connection.transaction():
        if not await alert.acknowledge(connection, workspace, alert_id, subject.email):
            raise NotFound(f"Not found: there is no alert {alert_id}")
        await audit.record(connection, subject, "alerts.acknowledge", "Updated", str(alert_id))


async def acknowledge_all(pool: Pool, subject: Subject, workspace: str | None) -> int:
    """Marks all alerts as seen; answers how many were not yet."""
    async with pool.acquire() as connection, connection.transaction():
        marked = await alert.acknowledge(connection, workspace, None, subject.email)
        await audit.record(
            connection, subject, "alerts.acknowledge_all", "Updated", workspace, {"alerts": len(marked)}
        )
    return len(marked)
