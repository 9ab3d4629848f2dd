"""Programs that the init of a slot starts itself leave nothing behind in it, also where they cannot be started."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from postmill.kernel.json import encode
from postmill.model.limits import Limits
from postmill.sandbox.child import ChildEnd
from postmill.sandbox.memory import Watcher
from postmill.sandbox.process import first_child
from postmill.sandbox.slot import Slot
from postmill.sandbox.zygote import Zygote, ZygoteSpec
from tests.job_makers import until

LIMITS = {
    "file_bytes": 1 << 17,
    "open_files": 24,
}  # orders below the size from which an init goes with their job


@pytest.fixture(params=[True, False], ids=["sandbox", "none"])
async def slot(tmp_path: Path, request: pytest.FixtureRequest) -> AsyncIterator[Slot]:
    """A slot whose init starts programs, and that no job has yet."""
    zygote = await Zygote.start(
        ZygoteSpec(spares=tmp_path, isolated=request.param, program_limits=LIMITS), Watcher()
    )
    try:
        child = await first_child(zygote)
        child.terminate("cancelled", 0.0)
        yield child.slot
    finally:
        await zygote.close()


async def run_in(slot: Slot, *argv: str, **more: Any) -> tuple[ChildEnd, bytes]:
    async def is_free() -> bool:
        return slot.is_free

    await until(is_free)
    child = slot.start_child()
    printed = bytearray()
    child.on_output = printed.extend
    child.begin(encode({"argv": argv, "env": {"PATH": "/usr/bin:/bin"}, "files": {}, **more}))
    return await child.ended, bytes(printed)


async def test_orders_that_cannot_be_carried_out_leave_no_open_file(slot: Slot) -> None:
    too_large = {"args.json": "x" * (LIMITS["file_bytes"] + 1)}
    for _ in range(LIMITS["open_files"] + 1):
        end, printed = await run_in(slot, "true", files=too_large)
        assert (end.code, printed) == (
            70,
            b"the job process could not run: OSError: [Errno 27] File too large\n",
        )
    for _ in range(LIMITS["open_files"] + 1):
        end, printed = await run_in(slot, "no-such-program", cwd=slot.temporary)
        assert (end.code, printed) == (127, b"no-such-program: No such file or directory\n")
    assert (await run_in(slot, "echo", "fine"))[1] == b"fine\n"


async def test_a_child_that_ended_before_it_was_watched_is_watched_no_more(slot: Slot) -> None:
    async def is_free() -> bool:
        return slot.is_free

    await until(is_free)
    child = slot.start_child()
    child.begin(encode({"argv": ["true"], "env": {}, "files": {}}))
    await child.ended
    child.watch(Limits())
    assert child._watched is None and not slot.zygote.watcher._watched


async def test_who_hears_of_the_end_of_a_slot_first_hears_how_its_job_ended(slot: Slot) -> None:
    async def is_free() -> bool:
        return slot.is_free

    async def is_lost() -> bool:
        return not slot.usable

    await until(is_free)
    asyncio.get_running_loop().remove_reader(slot._control)  # as where much waits to be read
    child = slot.start_child()
    # After orders of this length the init goes with the job.
    child.begin(encode({"argv": ["true"], "env": {"LONG": "x" * (2 << 20)}, "files": {}}))
    await until(is_lost)
    assert (await child.ended).code == 127  # for `true` that is too much
