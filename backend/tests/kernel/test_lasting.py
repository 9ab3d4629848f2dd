"""Work that lasts is begun again whatever ends it; tasks that will not end keep nobody."""

import asyncio

import pytest

from postmill.kernel import lasting as module
from postmill.kernel.lasting import end, lasting


async def test_work_is_begun_again_whatever_ends_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "PAUSE_SECONDS", 0.0)
    ends: list[BaseException | None] = [
        RuntimeError("nobody thought of this"),
        asyncio.CancelledError(),
        None,
    ]
    works = asyncio.Event()

    async def work() -> None:
        if not ends:
            works.set()
            await asyncio.Event().wait()
        error = ends.pop(0)
        if error is not None:
            raise error

    task = asyncio.create_task(lasting("the work", work))
    await works.wait()
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def stubborn(swallowed: list[str], times: int) -> None:
    while True:
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            swallowed.append("one")
            if len(swallowed) > times:
                raise


async def test_what_swallows_its_cancellation_meets_the_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "CANCEL_AGAIN_SECONDS", 0.01)
    swallowed: list[str] = []
    task = asyncio.create_task(stubborn(swallowed, 2))
    await asyncio.sleep(0)
    await end([task], 60)
    assert task.cancelled() and len(swallowed) == 3


async def test_nobody_waits_for_ever_for_what_does_not_end(caplog: pytest.LogCaptureFixture) -> None:
    swallowed: list[str] = []
    task = asyncio.create_task(stubborn(swallowed, 1))
    await asyncio.sleep(0)
    await end([task], 0.0)
    assert not task.done() and task.get_name() in caplog.text
    task.cancel()
    await asyncio.wait([task])


async def test_who_ends_others_hands_its_own_cancellation_down() -> None:
    swallowed: list[str] = []
    task = asyncio.create_task(stubborn(swallowed, 1))
    await asyncio.sleep(0)
    ending = asyncio.create_task(end([task], 3600))
    while not swallowed:  # noqa: ASYNC110 - nobody sends a signal
        await asyncio.sleep(0)
    ending.cancel()
    await asyncio.wait([ending])
    assert ending.cancelled() and task.cancelled()
