"""What has to be looked at: workers that fell silent, runs that wait for nobody, runs that were lost."""

from collections.abc import Sequence
from typing import NamedTuple
from uuid import UUID

from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.model.alert import Alert, AlertKind

QUERIES = load_queries(__file__)


class Present(NamedTuple):
    """What holds now; ``about`` tells it from the others of its kind."""

    about: str
    message: str
    workspace_id: str | None = None


async def note_present(connection: Connection, kind: AlertKind, present: Sequence[Present]) -> list[str]:
    """Keeps what holds now, each once; answers the messages that were not there before."""
    rows = await connection.fetch(
        QUERIES.note_present,
        kind,
        [one.about for one in present],
        [one.message for one in present],
        [one.workspace_id for one in present],
    )
    return [row["message"] for row in rows]


async def note_run(connection: Connection, kind: AlertKind, job_id: UUID, message: str) -> None:
    """Keeps something that happened to a run, for its workspace."""
    await connection.execute(QUERIES.note_run, kind, job_id, message)


async def list_page(
    connection: Connection, workspace: str | None, acknowledged: bool | None, limit: int, offset: int
) -> tuple[list[Alert], int]:
    """A page, the newest first, and how many there are in all."""
    rows = await connection.fetch(QUERIES.list_page, workspace, acknowledged, limit, offset)
    count = int(await connection.fetchval(QUERIES.count, workspace, acknowledged))
    return [Alert(**dict(row)) for row in rows], count


async def acknowledge(
    connection: Connection, workspace: str | None, alert_id: int | None, by: str
) -> list[int]:
    """Marks one, or all that nobody has marked yet; answers their ids."""
    return [row["id"] for row in await connection.fetch(QUERIES.acknowledge, workspace, alert_id, by)]


async def forget_old(connection: Connection, days: int) -> None:
    """Removes those that are over and so old."""
    await connection.execute(QUERIES.forget_old, days)


async def unserved_lanes(
    connection: Connection, heard_of_seconds: float, due_seconds: float
) -> list[tuple[str, str]]:
    """Tags and workspaces, the first hundred, of jobs that wait for a worker that is not there."""
    rows = await connection.fetch(QUERIES.unserved_lanes, heard_of_seconds, due_seconds)
    return [(row["tag"], row["workspace_id"]) for row in rows]


async def silent_workers(connection: Connection, seconds: float) -> list[tuple[str, str]]:
    """Names and groups of the first hundred workers that were not heard of for so long."""
    rows = await connection.fetch(QUERIES.silent_workers, seconds)
    return [(row["name"], row["worker_group"]) for row in rows]
