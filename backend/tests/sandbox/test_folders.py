"""Folders of workers, and what killed ones leave."""

import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

from postmill.sandbox.folders import claim_folder

LIVING = """
import asyncio, sys
from pathlib import Path
from postmill.languages.runtime import Runtime, RuntimeSettings
async def main():
    runtime = await Runtime.start(RuntimeSettings(Path(sys.argv[1])))
    print("ready", flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def test_the_folder_of_a_living_process_is_left_alone(tmp_path: Path) -> None:
    first = claim_folder(tmp_path)
    second = claim_folder(tmp_path)
    assert first.path != second.path
    assert first.path.exists()
    second.release()
    assert not second.path.exists()
    first.release()


def test_an_abandoned_folder_is_removed(tmp_path: Path) -> None:
    (tmp_path / "worker-gone" / "zygote").mkdir(parents=True)
    claimed = claim_folder(tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == [claimed.path.name]
    claimed.release()


@pytest.mark.skipif(sys.platform != "linux", reason="reads the process list")
def test_jobs_die_with_their_worker(tmp_path: Path) -> None:
    command = [sys.executable, "-c", textwrap.dedent(LIVING), str(tmp_path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as worker:
        try:
            assert worker.stdout is not None
            assert worker.stdout.readline() == b"ready\n"
            below = _tree(worker.pid)
        finally:
            os.kill(worker.pid, signal.SIGKILL)
    assert len(below) >= 2  # the two processes of the zygote, and what slots there are already
    deadline = time.monotonic() + 60
    while left := [pid for pid in below if Path(f"/proc/{pid}").exists()]:
        assert time.monotonic() < deadline, left
        time.sleep(0.01)
    spares = tmp_path / "run" / "spares"
    claim_folder(spares).release()
    while left_behind := list(spares.iterdir()):  # by one that began after the look and ends as well
        assert time.monotonic() < deadline, left_behind
        claim_folder(spares).release()


def _tree(pid: int) -> list[int]:
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except (FileNotFoundError, ProcessLookupError):
        return []  # those that wait come and go
    return [found for child in map(int, children) for found in (child, *_tree(child))]
