"""One look into an inbox for many children: how long it waits for more of them."""

import asyncio

import pytest

from postmill.flow_driver import gathering as module
from postmill.flow_driver.gathering import Gathering


async def test_a_look_waits_until_enough_have_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("LONGEST_SECONDS", "LONGEST_PAUSE_SECONDS", "PAUSE_SECONDS_PER_CHILD"):
        monkeypatch.setattr(module, name, 3600.0)
    gathering = Gathering()
    waiting = asyncio.create_task(gathering.enough(500))
    for _ in range(498):
        gathering.note()
        await asyncio.sleep(0)
    assert not waiting.done()
    gathering.note()
    await waiting
    assert gathering.ended == 500


async def test_a_look_does_not_wait_for_children_that_end_elsewhere() -> None:
    gathering = Gathering()
    await gathering.enough(30)
    assert gathering.ended == 1


async def test_ends_after_a_look_ask_for_another() -> None:
    gathering = Gathering()
    await gathering.enough(0)
    gathering.looks()
    assert gathering.ended == 0
    gathering.note()
    assert gathering.ended == 1
