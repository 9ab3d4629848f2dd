"""Level none: what Landlock, the filter of calls and a closed init still keep from programs that the init starts."""

import os
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from postmill.kernel.json import encode
from postmill.sandbox.child import Child
from postmill.sandbox.inside import landlock
from postmill.sandbox.memory import Watcher
from postmill.sandbox.process import first_child
from postmill.sandbox.slot import Slot
from postmill.sandbox.zygote import Zygote, ZygoteSpec
from tests.job_makers import until

SCOPES_SIGNALS = 6  # the version of Landlock from which signals stay inside
ENV = {"PATH": "/usr/bin:/bin"}


@pytest.fixture
async def zygote(tmp_path: Path) -> AsyncIterator[Zygote]:
    folder = tmp_path / "spares"
    folder.mkdir()
    limits = {"file_bytes": 1 << 17, "open_files": 64}
    zygote = await Zygote.start(ZygoteSpec(spares=folder, isolated=False, program_limits=limits), Watcher())
    yield zygote
    await zygote.close()


async def begun(zygote: Zygote, script: str, **env: str) -> tuple[Child, bytearray]:
    child = await first_child(zygote)
    printed = bytearray()
    child.on_output = printed.extend
    child.begin(encode({"argv": ["bash", "-c", script], "env": {**ENV, **env}, "files": {}}))
    return child, printed


async def printed_by(zygote: Zygote, script: str) -> str:
    child, printed = await begun(zygote, script)
    await child.ended
    return printed.decode()


async def neighbour(zygote: Zygote) -> tuple[Slot, int]:
    """A job in another slot that waits with a secret in its environment, and its process number."""
    child, printed = await begun(zygote, "echo $$; exec sleep 1000", TOKEN="of the neighbour")

    async def is_there() -> bool:
        return printed.endswith(b"\n")

    await until(is_there)
    return child.slot, int(printed)


def _names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


async def test_a_program_writes_nothing_outside_its_folders(zygote: Zygote, tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.write_text("before")
    other, _ = await neighbour(zygote)
    ways = (
        f"echo x > {outside}; echo x >> {outside}; rm {outside}; mv {outside} {outside}2; ln -s / {tmp_path}/link; "
        f"mkdir {tmp_path}/made; echo x > {other.folders[0]}/planted; echo x > {other.folders[1]}/planted; "
        "echo mine > own && cat own"
    )
    assert (await printed_by(zygote, f"{{ {ways}; }} 2>/dev/null")) == "mine\n"
    if landlock.version():
        assert outside.read_text() == "before"
        assert _names(tmp_path) == ["outside", "spares"]
        assert not any(_names(Path(folder)) for folder in other.folders)


async def test_a_program_reads_no_memory_or_environment_of_others(zygote: Zygote) -> None:
    _, pid = await neighbour(zygote)
    look = (
        "for pid in %d $PPID %d; do cat /proc/$pid/environ /proc/$pid/maps; readlink /proc/$pid/fd/* /proc/$pid/cwd; "
        "done 2>/dev/null"
    )
    seen = await printed_by(zygote, look % (pid, os.getpid()) + "; echo end")
    if landlock.version():
        assert seen == "end\n"


async def test_a_program_ends_no_process_but_its_own(zygote: Zygote) -> None:
    other, pid = await neighbour(zygote)
    ended = await printed_by(
        zygote,
        f"for pid in {pid} {other.init_pid} {os.getpid()}; do kill -0 $pid 2>/dev/null && echo $pid; done; echo end",
    )
    if landlock.version() >= SCOPES_SIGNALS:
        assert ended == "end\n"


async def test_a_program_has_no_open_files_but_its_own(zygote: Zygote) -> None:
    assert (await printed_by(zygote, "for fd in /proc/self/fd/*; do echo ${fd##*/}; done")).split() == [
        "0", "1", "2", "3",
    ]  # fmt: skip  # the last is bash's own, of the folder that it lists
