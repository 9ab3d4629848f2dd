"""Programs that the init of a slot starts itself leave nothing behind in it, also where they cannot be started."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from postmill.kernel.json import encode
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
