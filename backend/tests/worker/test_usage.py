"""What running jobs use, from the look at their processes to the figures that the API shows."""

import os
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any
from uuid import UUID

import pytest

from postmill.languages.protocol import RunOutcome, RunRequest
from postmill.model.limits import Limits
from postmill.model.usage import UsagePoint
from postmill.queue.metrics import cpu_percent, thinned, usage_of
from postmill.sandbox import memory as memory_watch
from postmill.sandbox.memory import (
    BUSY_AT_REST_MS,
    LOOKS_PER_SAMPLE,
    MOST_BUSY_AT_REST,
    Watcher,
    tree_cpu_ms,
)
from postmill.worker.usage import MOST_POINTS, JobUsage, UsageWriter
from tests.job_makers import new_job
from tests.worker.conftest import Shop

START = datetime(2026, 1, 1, tzinfo=UTC)


def points(*given: tuple[int, int, int]) -> list[UsagePoint]:
    return [UsagePoint(START + timedelta(seconds=second), memory, cpu) for second, memory, cpu in given]


async def test_a_run_that_is_seen_leaves_its_points_and_one_that_is_not_leaves_none(shop: Shop) -> None:
    async def use(request: RunRequest) -> RunOutcome:
        assert request.usage is not None
        request.usage(1000, 10)
        request.usage(3000, 20)
        request.usage(2000, 30)
        return RunOutcome("success", "1", memory_peak_kb=3500)

    short, seen = new_job().id, new_job().id
    async with shop.working():
        await shop.run(id=short)
        shop.runner.behaviour = use
        await shop.run(id=seen)
    assert await usage_of(shop.pool, short) == []
    kept = await usage_of(shop.pool, seen)
    assert [(point.memory_kb, point.cpu_ms) for point in kept] == [(1000, 10), (3000, 20), (2000, 30)]


async def test_the_peak_of_a_running_job_comes_with_its_heartbeat_and_stays_when_it_is_killed(
    shop: Shop,
) -> None:
    peaks: list[int] = []

    async def use(request: RunRequest) -> RunOutcome:
        assert request.usage is not None
        request.usage(7000, 10)
        while not peaks:
            found: int = await shop.pool.fetchval("SELECT memory_peak_kb FROM queue")
            peaks.extend([found] if found else [])
        return RunOutcome("success", "1")

    shop.runner.behaviour = use
    async with shop.working():
        await shop.run()
    assert peaks == [7000]


def usage_of_attempt(shop: Shop, job_id: UUID, attempt: int) -> JobUsage:
    job: Any = new_job(id=job_id)

    class Claimed:
        id = job.id

    claimed: Any = Claimed()
    claimed.attempt = attempt
    return UsageWriter(shop.pool).begin(claimed)


async def test_points_of_an_attempt_that_was_taken_away_do_not_replace_later_ones(shop: Shop) -> None:
    job_id = new_job().id
    for attempt, memory in ((2, 200), (1, 100)):
        usage = usage_of_attempt(shop, job_id, attempt)
        usage.take(memory, 1)
        await usage._writer.finish(usage)
        await usage._writer.close()
    assert [point.memory_kb for point in await usage_of(shop.pool, job_id)] == [200]


async def test_points_of_a_long_run_stay_bounded_and_keep_its_peaks(shop: Shop) -> None:
    usage = usage_of_attempt(shop, new_job().id, 1)
    for number in range(10_000):
        usage.take(999_999 if number == 4567 else number, number * 7)
    await usage._writer.close()
    assert MOST_POINTS / 2 <= len(usage.points) <= MOST_POINTS
    assert max(point.memory_kb for point in usage.points) == usage.peak_kb == 999_999
    cpu = [point.cpu_ms for point in usage.points]
    assert cpu == sorted(cpu)


async def test_the_watch_tells_of_every_tenth_look_the_most_since_the_one_before() -> None:
    samples: list[tuple[int, int]] = []
    watcher = Watcher(interval_seconds=3600)
    everything = Limits(processes=100_000)  # all that the tests started
    watched = watcher.add(
        os.getppid(), everything, (), lambda _cause: None, lambda kb, ms: samples.append((kb, ms))
    )
    for _ in range(2 * LOOKS_PER_SAMPLE):
        watcher._look_at(watched)
    assert watcher._timer is not None
    watcher._timer.cancel()
    assert len(samples) == 2
    assert all(memory > 1000 and cpu > 0 for memory, cpu in samples)
    assert tree_cpu_ms([os.getpid(), 0]) > 0


@pytest.mark.parametrize(
    ("growth", "ended"),
    [
        ([BUSY_AT_REST_MS] * (MOST_BUSY_AT_REST + 1), ["timeout"]),
        ([BUSY_AT_REST_MS] * (MOST_BUSY_AT_REST - 1) + [BUSY_AT_REST_MS - 1] * 2, []),
    ],
)
async def test_what_is_kept_between_runs_does_not_work_on_for_long(
    monkeypatch: pytest.MonkeyPatch, growth: list[int], ended: list[str]
) -> None:
    used = accumulate([1000, *growth])
    monkeypatch.setattr(memory_watch, "tree_cpu_ms", lambda _pids: next(used))
    causes: list[str] = []
    watcher = Watcher(interval_seconds=3600)
    watched = watcher.add(os.getppid(), Limits(processes=100_000, memory_bytes=2**50), (), causes.append)
    watched.at_rest = True
    for _ in growth:
        watcher._look_at(watched)
    watcher.remove(watched)
    assert watcher._timer is not None
    watcher._timer.cancel()
    assert causes == ended


def test_fewer_points_keep_the_peaks_and_the_processor_time() -> None:
    given = points((0, 10, 0), (1, 50, 500), (2, 20, 1500), (3, 5, 2500), (4, 6, 2500))
    assert thinned(given, 2) == points((2, 50, 1500), (4, 6, 2500))
    assert thinned([], 2) == []
    assert thinned(given, 100) == given
    assert [percent for _, percent in cpu_percent(given)] == [50.0, 100.0, 100.0, 0.0]
