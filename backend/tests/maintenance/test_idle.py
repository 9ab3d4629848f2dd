"""With nothing to do, the duties rest: an idle instance must not keep asking its database."""

from asyncpg import Pool

from postmill.maintenance import wake_ups, windows
from postmill.tables.jobs import concurrency, queue


async def test_without_scheduled_jobs_there_is_no_next_due_time(database: Pool) -> None:
    assert await queue.seconds_to_next_due(database) is None
    assert await wake_ups.wake_due(database) == wake_ups.LONGEST_SECONDS


async def test_without_waiting_keys_there_is_no_next_window(database: Pool) -> None:
    assert await concurrency.seconds_to_next_window(database, []) is None
    assert await windows.pass_windows(database) == windows.LONGEST_SECONDS
