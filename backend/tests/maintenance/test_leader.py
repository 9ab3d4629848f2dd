"""Who leads says why it stops for a while."""

import asyncio
import logging
from typing import NoReturn

import pytest

from postmill.maintenance import leader
from tests.job_makers import until


async def test_a_database_that_does_not_answer_is_named(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def no_answer(*_: object) -> NoReturn:
        raise TimeoutError

    async def nothing() -> None: ...

    async def is_told() -> bool:
        return "maintenance pauses: TimeoutError: the database has not answered in time" in caplog.messages

    monkeypatch.setattr(leader, "_lead_once", no_answer)
    with caplog.at_level(logging.WARNING):
        leading = asyncio.create_task(leader.lead("postgresql://nowhere", nothing))
        await until(is_told)
        leading.cancel()
        await asyncio.wait([leading])


async def test_whatever_ends_the_duties_they_are_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = 0

    async def fails(*_: object) -> None:
        nonlocal asked
        asked += 1
        raise RuntimeError("nobody thought of this")

    async def nothing() -> None: ...

    async def is_asked_again() -> bool:
        return asked > 1

    monkeypatch.setattr(leader, "_lead_once", fails)
    monkeypatch.setattr(leader, "TRY_EVERY_SECONDS", 0.0)
    leading = asyncio.create_task(leader.lead("postgresql://nowhere", nothing))
    await until(is_asked_again)
    leading.cancel()
    await asyncio.wait([leading])
