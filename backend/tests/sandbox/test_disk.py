# ruff: noqa: PTH123
"""What the files of a job take together, and what happens beyond the limit."""

import os
from pathlib import Path

import pytest

from postmill.languages.ending import ended_by_worker
from postmill.model.limits import Limits
from postmill.sandbox.child import ChildEnd
from postmill.sandbox.disk import disk_bytes

from .conftest import RunPython

MB = 1024**2


def measured(folder: Path, enough: int = 1 << 60) -> int:
    return disk_bytes([str(folder)], [os.getpid()], enough)


def test_files_count_once_and_links_to_elsewhere_do_not(tmp_path: Path) -> None:
    elsewhere, folder = tmp_path / "elsewhere", tmp_path / "job"
    elsewhere.mkdir()
    (elsewhere / "large").write_bytes(bytes(8 * MB))
    (folder / "a" / "b").mkdir(parents=True)
    (folder / "a" / "b" / "file").write_bytes(bytes(MB))
    os.link(folder / "a" / "b" / "file", folder / "second name")
    (folder / "folder link").symlink_to(elsewhere)
    (folder / "file link").symlink_to(elsewhere / "large")
    assert MB <= measured(folder) < 2 * MB
    assert disk_bytes([str(folder / "folder link"), str(folder / "gone")], [], 1) == 0


def test_what_was_removed_and_is_open_counts_and_so_do_empty_files(tmp_path: Path) -> None:
    with open(tmp_path / "removed", "wb") as file:
        file.write(bytes(3 * MB))
        file.flush()
        (tmp_path / "removed").unlink()
        assert 3 * MB <= measured(tmp_path) < 4 * MB
    for number in range(100):
        (tmp_path / str(number)).touch()
    assert 100 * 4096 <= measured(tmp_path) < MB


def test_a_sparse_file_counts_what_it_takes_and_a_look_ends_when_it_is_enough(tmp_path: Path) -> None:
    with open(tmp_path / "sparse", "wb") as file:
        file.truncate(1 << 40)
    assert measured(tmp_path) < MB
    for number in range(50):
        (tmp_path / str(number)).touch()
    assert 40_000 < measured(tmp_path, enough=40_000) < 50_000


WRITE = {
    "many files": "[open(f'/job/{n}', 'wb').write(bytes(1 << 20)) for n in range(40)]",
    "temporary files": "[open(f'/tmp/{n}', 'wb').write(bytes(1 << 20)) for n in range(40)]",
    "removed": "f = open('x', 'wb'); f.write(bytes(40 << 20)); f.flush(); import os; os.unlink('x')",
    "closed folders": "import os; os.makedirs('a/b'); open('a/b/x', 'wb').write(bytes(40 << 20)); os.chmod('a', 0)",
}


@pytest.mark.parametrize("way", WRITE)
async def test_a_job_that_takes_more_is_ended(run_python: RunPython, way: str) -> None:
    limits = Limits(wall_seconds=300, disk_bytes=30 * MB)
    printed = await run_python(f"{WRITE[way]}\nimport time; time.sleep(600)", limits=limits)
    assert (printed.end.exit_code, printed.end.timed_out) == (-9, False), printed.text


async def test_one_that_stays_below_goes_on(run_python: RunPython) -> None:
    code = "open('x', 'wb').write(bytes(20 << 20)); import time; time.sleep(1.5); print('done')"
    printed = await run_python(code, limits=Limits(disk_bytes=30 * MB))
    assert printed.text == "done\n"


def test_the_run_says_why() -> None:
    ended = ended_by_worker(ChildEnd(-9, 0, "disk"), Limits(disk_bytes=30 * MB))
    assert ended is not None
    assert ended[0] == "killed" and "more than 30 MB of disk" in ended[1]
