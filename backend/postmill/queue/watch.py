"""Looking at a job while it runs: its changes are announced on the channel ``job_update`` with its id."""

from uuid import UUID

from postmill.db.pool import Connection
from postmill.tables.jobs import job_watcher

CHANNEL = "job_update"
WATCH_SECONDS = 120.0


async def watch(connection: Connection, job_id: UUID, seconds: float = WATCH_SECONDS) -> None:
    """Asks for announcements for a while; ask again to go on."""
    await job_watcher.watch(connection, job_id, seconds)
