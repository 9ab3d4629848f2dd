"""A process that dies around a commit leaves either everything or nothing behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from postmill.db.pool import Pool

BACKEND = Path(__file__).parents[2]
PUSH_ONE = """
import asyncio, sys
from postmill.db.pool import connect
from postmill.queue.push import PushWriter
from tests.job_makers import new_job

async def main():
    pool = await connect(sys.argv[1], max_size=2)
    key = {"concurrency_key": "main/k", "concurrency_limit": 1} if sys.argv[2] == "keyed" else {}
    await PushWriter(pool).push(new_job(**key))

asyncio.run(main())
"""


@pytest.mark.parametrize(
    ("point", "kind", "left"),
    [
        ("queue.push.before_commit", "keyed", (0, 0)),
        ("queue.push.after_commit", "keyed", (1, 1)),
        ("queue.push.after_commit", "plain", (1, 0)),
    ],
)
async def test_a_push_is_whole_or_not_there(
    database: Pool, database_url: str, point: str, kind: str, left: tuple[int, int]
) -> None:
    environment = {**os.environ, "PYTHONPATH": str(BACKEND), "POSTMILL_CRASH_AT": point}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PUSH_ONE, database_url, kind, env=environment
    )
    assert await asyncio.wait_for(process.wait(), 60) == -signal.SIGKILL
    row = await database.fetchrow(
        "SELECT (SELECT count(*) FROM queue) AS queued, (SELECT count(*) FROM concurrency_permit) AS permits"
    )
    assert row is not None
    assert tuple(row) == left
