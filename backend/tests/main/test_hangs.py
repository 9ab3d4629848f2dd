"""A process whose event loop stands still is ended by `up`, with a picture of its threads, and started again."""

import asyncio
import os
from pathlib import Path

import pytest

from postmill.kernel.errors import InvalidInput
from postmill.kernel.settings import Settings, settings_from_environment
from postmill.main import child
from postmill.main.handover import Handover
from postmill.main.pulse import LOOKS, Signs
from tests.job_makers import until

STANDS_STILL_AT_FIRST = """
import asyncio, time
from pathlib import Path
from postmill.main import handover
from postmill.main.pulse import signs_of_life

def stand_still(lives):
    lives.write_text("x")
    time.sleep(600)

async def live(given):
    async with signs_of_life(given.pulse, given.settings.hang_seconds):
        await asyncio.sleep(0)
        lives = Path("lives")
        if not lives.exists():
            stand_still(lives)
        lives.write_text("xx")
        await asyncio.Event().wait()

asyncio.run(live(handover.receive()))
"""


async def test_a_process_that_stands_still_shows_where_and_is_started_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "stands_still_at_first.py").write_text(STANDS_STILL_AT_FIRST)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setattr(child, "LAST_PICTURE_SECONDS", 60.0)  # a crowded machine takes its time
    settings = Settings(data_dir=tmp_path, hang_seconds=1.0)

    async def has_begun_again() -> bool:
        lives = tmp_path / "lives"
        return lives.exists() and lives.stat().st_size > 1

    started = child.Child("worker", "stands_still_at_first", cwd=tmp_path, hang_seconds=settings.hang_seconds)
    await started.launch()
    started.hand_over(Handover(settings, os.getpid()))
    keeping = asyncio.create_task(started.keep_running(lambda: Handover(settings, os.getpid())))
    try:
        await until(has_begun_again)
    finally:
        await started.stop(60)
        await keeping
    assert "in stand_still" in capfd.readouterr().err


def test_only_looks_that_find_nothing_count_and_only_after_the_first_sign() -> None:
    reading, writing = os.pipe()
    try:
        signs = Signs(reading)
        assert not any(signs.are_missing() for _ in range(2 * LOOKS))  # it has not begun
        os.write(writing, b"...")
        assert not any(signs.are_missing() for _ in range(LOOKS))
        os.write(writing, b".")  # as a process does that went on together with `up`
        assert [signs.are_missing() for _ in range(LOOKS + 1)] == [False] * LOOKS + [True]
    finally:
        os.close(reading)
        os.close(writing)


@pytest.mark.parametrize("given", ["0.5", "-1", "inf", "nan", "soon"])
def test_a_bound_without_sense_is_refused(given: str) -> None:
    with pytest.raises(InvalidInput, match="POSTMILL_HANG_SECONDS"):
        settings_from_environment({"POSTMILL_HANG_SECONDS": given})
