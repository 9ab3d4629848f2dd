"""How long a claim takes beside a long queue: for each kind of backlog, with 1,000 and with 1,000,000 queued jobs.

A claim must not care how much lies in the queue that is not its turn. Run alone it starts from a database URL and
makes a database of its own: ``python bench/claim_latency.py postgresql://...`` prints JSON.
"""

import asyncio
import json
import statistics
import sys
import time
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from postmill.db.migrate import migrate
from postmill.kernel.ids import new_job_id
from postmill.model.job import Ended, NewJob
from postmill.queue.exchange import QueueLine
from postmill.tables.jobs import queue

SIZES = (1_000, 1_000_000)
CLAIMS = 300
DATABASE = "postmill_claim_latency"

BACKLOGS = {
    "due, same tag": "'python3', 'here', 0, 'ready', now() - interval '1 hour', NULL, NULL",
    "unserved tag": "'gpu', 'here', 0, 'ready', now() - interval '1 hour', NULL, NULL",
    "future, higher priority": "'python3', 'here', 9, 'scheduled', now() + interval '1 day', NULL, NULL",
    "over its concurrency limit": "'python3', 'here', 0, 'parked', now() - interval '1 hour', 'here/key', 1",
    "another workspace's": "'python3', 'elsewhere', 0, 'ready', now() - interval '1 hour', NULL, NULL",
}

_FILL = """
INSERT INTO queue (
    job_id, tag, workspace_id, priority, state, scheduled_for, concurrency_key, concurrency_limit
)
SELECT gen_random_uuid(), {values} FROM generate_series(1, $1)
"""
_FILL_JOBS = """
INSERT INTO job (id, workspace_id, kind, created_by, permissioned_as, email, tag, language, raw_code)
SELECT job_id, workspace_id, 'preview', 'bench', 'u/bench', 'bench@example.com', tag, 'python3', 'x'
FROM queue ORDER BY job_id LIMIT 5000
"""
"""Only what can be claimed first needs its job: a claim reads the rows of what it takes, no others."""


async def measure(database_url: str) -> dict[str, Any]:
    """Milliseconds of claiming one job and of completing it, by backlog and size, and the ratio of the sizes."""
    figures: dict[str, Any] = {}
    for name, values in BACKLOGS.items():
        medians = {}
        for size in SIZES:
            async with _Database(database_url) as url:
                await _fill(url, values, size)
                medians[size] = await _claim_one_by_one(url)
        print(name, medians, file=sys.stderr, flush=True)
        figures[name] = {
            **{f"{size:,} queued, p50 ms": round(medians[size], 3) for size in SIZES},
            "ratio": round(medians[SIZES[-1]] / medians[SIZES[0]], 2),
        }
    return figures


class _Database:
    """A migrated database that is dropped afterwards."""

    def __init__(self, server_url: str) -> None:
        self._server_url = server_url

    async def __aenter__(self) -> str:
        await self._execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")
        await self._execute(f"CREATE DATABASE {DATABASE}")
        url = urlunsplit(urlsplit(self._server_url)._replace(path=f"/{DATABASE}"))
        await migrate(url)
        return url

    async def __aexit__(self, *_: object) -> None:
        await self._execute(f"DROP DATABASE IF EXISTS {DATABASE} WITH (FORCE)")

    async def _execute(self, statement: str) -> None:
        connection = await asyncpg.connect(self._server_url)
        try:
            await connection.execute(statement)
        finally:
            await connection.close()


async def _fill(url: str, values: str, size: int) -> None:
    connection = await asyncpg.connect(url, command_timeout=600)
    try:
        await connection.execute(_FILL.format(values=values), size)
        await connection.execute(_FILL_JOBS)
        await connection.execute("VACUUM ANALYZE queue")
        await connection.execute("ANALYZE job")
        await connection.execute("CHECKPOINT")
    finally:
        await connection.close()


async def _claim_one_by_one(url: str) -> float:
    """Each claim finds one newly pushed job of its own workspace beside the backlog; the median in milliseconds."""
    line = QueueLine(url, "bench worker")
    pushes = await asyncpg.connect(url)
    times: list[float] = []
    served: dict[str, int] = {}
    try:
        for _ in range(CLAIMS):
            await queue.push(pushes, [_job()])
            began = time.perf_counter()
            answer = await line.exchange([], tags=["python3", "bash"], limit=1, served=served)
            times.append((time.perf_counter() - began) * 1000)
            for job in answer.claimed:
                served[job.workspace_id] = served.get(job.workspace_id, 0) + 1
                ended = Ended(id=job.id, attempt=job.attempt, status="success", result="1", duration_ms=1)
                await line.exchange([ended], tags=[], limit=0, served={})
    finally:
        await line.close()
        await pushes.close()
    return statistics.median(times[CLAIMS // 10 :])


def _job() -> NewJob:
    return NewJob(
        id=new_job_id(),
        workspace_id="here",
        kind="preview",
        created_by="bench",
        permissioned_as="u/bench",
        email="bench@example.com",
        tag="python3",
        language="python3",
        raw_code="def main(): pass",
    )


if __name__ == "__main__":
    print(json.dumps(asyncio.run(measure(sys.argv[1])), indent=2))
