"""Live updates of jobs: what changed since a reader looked last, and a wake-up when something may have."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import msgspec

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.model.job import JobKind, JobStatus
from postmill.model.subject import Subject
from postmill.queue.jobs import not_found
from postmill.queue.watch import watch
from postmill.tables.jobs import job_view

CHANNEL = "job_update"


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader knows already (positions in characters) and what they want to hear of."""

    log_offset: int = 0
    stream_offset: int = 0
    with_logs: bool = True
    with_progress: bool = False


class Update(msgspec.Struct, frozen=True, kw_only=True):
    """The state of a job and the text that is new to the reader."""

    kind: JobKind
    running: bool
    status: JobStatus | None
    memory_peak_kb: int
    percent: int | None
    new_logs: str
    log_offset: int
    new_stream: str
    stream_offset: int


async def read_update(pool: Pool, subject: Subject, workspace_id: str, job_id: UUID, asked: Asked) -> Update:
    """What is new; raises NotFound for a job that is missing or hidden.

    The state is read before the text: a job that is reported as ended has all of its text in the same answer.
    """
    row = await job_view.progress(pool, subject, workspace_id, job_id)
    if row is None:
        raise not_found(job_id)
    stream = await job_view.stream_from(pool, job_id, asked.stream_offset)
    logs_text, logs_end = "", asked.log_offset
    if asked.with_logs:
        logs = await job_view.log_from(pool, job_id, asked.log_offset)
        logs_text, logs_end = logs.text, logs.end
    percent = row["percent"] if asked.with_progress else None
    return Update(
        kind=row["kind"],
        running=row["state"] == "running",
        status=row["status"],
        memory_peak_kb=row["memory_peak_kb"],
        percent=None if percent is None else shown_percent(percent),
        new_logs=logs_text,
        log_offset=logs_end,
        new_stream=stream.text,
        stream_offset=stream.end,
    )


def shown_percent(value: float) -> int:
    """Progress as readers get it: 100 is reached only by ending."""
    return max(0, min(99, int(value)))


class JobUpdates:
    """Wakes those who follow a job when it changes, on whichever machine it runs.

    One subscription per process. A wake-up says that something may have changed; a lost one costs nothing but time,
    because followers look by themselves every few seconds.
    """

    def __init__(self, pool: Pool, notifications: Notifications) -> None:
        self._pool = pool
        self._followers: dict[str, set[asyncio.Event]] = {}
        self._unsubscribe = notifications.subscribe(CHANNEL, self._wake)

    def close(self) -> None:
        self._unsubscribe()

    @asynccontextmanager
    async def follow(self, job_id: UUID) -> AsyncIterator[asyncio.Event]:
        """An event that is set whenever the job changes; the follower clears it. Marks the job as watched."""
        event = asyncio.Event()
        key = str(job_id)
        self._followers.setdefault(key, set()).add(event)
        try:
            await self.keep_watching(job_id)
            yield event
        finally:
            remaining = self._followers[key]
            remaining.discard(event)
            if not remaining:
                del self._followers[key]

    async def keep_watching(self, job_id: UUID) -> None:
        """Renew the mark that makes workers announce changes of the job."""
        await watch(self._pool, job_id)

    def _wake(self, payload: str) -> None:
        if payload:
            for event in self._followers.get(payload, ()):
                event.set()
            return
        # The connection was lost for a while: anything may have changed.
        for events in self._followers.values():
            for event in events:
                event.set()
