"""Records of jobs for tests, the workspace they run in, and a queue spoken to by hand."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any
from uuid import UUID

from postmill.db.pool import Pool
from postmill.kernel.clock import now
from postmill.kernel.ids import new_job_id
from postmill.model.job import ClaimedJob, Ended, NewJob
from postmill.queue.exchange import QueueLine
from postmill.tables.jobs.exchange import Exchange, Place

TAG = "python3"


def new_job(**given: Any) -> NewJob:
    """A preview of workspace ``main``, unless told otherwise."""
    settings: dict[str, Any] = {
        "id": new_job_id(),
        "workspace_id": "main",
        "kind": "preview",
        "created_by": "alice",
        "permissioned_as": "u/alice",
        "email": "alice@example.com",
        "tag": TAG,
        "language": "python3",
        "raw_code": "def main(): return 1",
        "raw_lock": "# py: 3.11\n",
    }
    return NewJob(**{**settings, **given})


def claimed(job: NewJob) -> ClaimedJob:
    """The job as a worker gets it that claims it now."""
    at = now()
    given = {name: getattr(job, name) for name in ClaimedJob.__struct_fields__ if hasattr(job, name)}
    return ClaimedJob(
        **{**given, "scheduled_for": at}, attempt=1, created_at=at, started_at=at, canceled_by=None,
        canceled_reason=None,
    )  # fmt: skip


def ended(job: ClaimedJob, result: str = "1", status: str = "success", **more: Any) -> Ended:
    return Ended(
        id=job.id,
        attempt=job.attempt,
        status=status,  # type: ignore[arg-type]
        result=result,
        duration_ms=5,
        concurrency_key=job.concurrency_key,
        **more,
    )


class Hands:
    """Claims and completes under a worker's name."""

    def __init__(self, database_url: str, worker: str = "hands") -> None:
        self.line = QueueLine(database_url, worker)

    async def claim(
        self, limit: int = 1, tags: tuple[str, ...] = (TAG,), served: Mapping[str, int] | None = None
    ) -> list[ClaimedJob]:
        return (await self.exchange([], limit, tags, served)).claimed

    async def exchange(
        self,
        ends: list[Ended],
        limit: int = 0,
        tags: tuple[str, ...] = (TAG,),
        served: Mapping[str, int] | None = None,
        behind: Sequence[Place] = (),
    ) -> Exchange:
        return await self.line.exchange(
            ends, tags=list(tags), limit=limit, served=served or {}, behind=behind
        )

    async def end(self, job: ClaimedJob, result: str = "1", status: str = "success", **more: Any) -> bool:
        answer = await self.exchange([ended(job, result, status, **more)])
        return job.id in answer.recorded

    async def close(self) -> None:
        await self.line.close()


async def until(condition: Callable[[], Awaitable[bool]], seconds: float = 60) -> None:
    """Waits for something that only shows in the database or on the disk."""
    async with asyncio.timeout(seconds):
        while not await condition():  # noqa: ASYNC110 - nobody sends a signal
            await asyncio.sleep(0.02)


async def state_of(pool: Pool, job_id: UUID) -> str | None:
    """The state of a queued job, or how it ended; None for an unknown one."""
    state: str | None = await pool.fetchval(
        "SELECT state FROM queue WHERE job_id = $1 UNION ALL SELECT status FROM completed_job WHERE job_id = $1",
        job_id,
    )
    return state


async def log_of(pool: Pool, job_id: UUID) -> str:
    text: str | None = await pool.fetchval(
        "SELECT string_agg(content, '' ORDER BY start_at) FROM job_log WHERE job_id = $1", job_id
    )
    return text or ""


async def silence(pool: Pool, job_id: UUID, seconds: float = 3600) -> None:
    """Makes a running attempt look as if its worker was not heard of for that long."""
    await pool.execute(
        "UPDATE queue SET heartbeat_at = heartbeat_at - make_interval(secs => $2) WHERE job_id = $1",
        job_id,
        seconds,
    )


async def version_to_lock(pool: Pool, script_hash: int) -> NewJob:
    """A version without a lock at ``u/alice/s``, and the job that is to find it, not yet pushed."""
    path = "u/alice/s"
    job = new_job(
        kind="dependencies", script_hash=script_hash, path=path, raw_code=None, raw_lock=None, max_attempts=1
    )
    await pool.execute(
        "INSERT INTO workspace (id, name, owner) VALUES ('main', 'main', 'alice') ON CONFLICT DO NOTHING"
    )
    await pool.execute(
        """INSERT INTO script (workspace_id, hash, path, content, language, lock_job, created_by)
           VALUES ('main', $1, $2, 'import six', 'python3', $3, 'alice')""",
        script_hash,
        path,
        job.id,
    )
    return job


async def lock_error_of(pool: Pool, script_hash: int) -> str | None:
    """What a version says about the lock that it does not have."""
    words: str | None = await pool.fetchval("SELECT lock_error_logs FROM script WHERE hash = $1", script_hash)
    return words


async def settle_alice(pool: Pool) -> None:
    """The workspace ``main`` with its one member, the owner."""
    await pool.execute(
        """INSERT INTO workspace (id, name, owner) VALUES ('main', 'main', 'alice@example.com');
           INSERT INTO account (email) VALUES ('alice@example.com');
           INSERT INTO workspace_member (workspace_id, username, email)
           VALUES ('main', 'alice', 'alice@example.com')"""
    )
