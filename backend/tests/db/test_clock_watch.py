"""Processes go by the clock of the database."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from postmill.db import clock_watch
from postmill.db.pool import Connection
from postmill.kernel import clock


class Told:
    """A database whose clock is ahead by so much."""

    def __init__(self, ahead: timedelta) -> None:
        self._ahead = ahead

    async def fetchval(self, _query: str) -> Any:
        return datetime.now(UTC) + self._ahead


@pytest.fixture
def corrected() -> Iterator[None]:
    yield
    clock.set_ahead(timedelta())


@pytest.mark.usefixtures("corrected")
@pytest.mark.parametrize("minutes", [10, -10])
async def test_a_clock_that_is_wrong_is_corrected_until_it_is_right(
    minutes: int, caplog: pytest.LogCaptureFixture
) -> None:
    ahead = timedelta(minutes=minutes)
    await clock_watch.look(cast(Connection, Told(ahead)))
    assert abs(clock.ahead() - ahead) < timedelta(seconds=3)
    assert abs(clock.now() - datetime.now(UTC) - ahead) < timedelta(seconds=3)
    assert "differ by" in caplog.text
    await clock_watch.look(cast(Connection, Told(timedelta(seconds=0.2))))
    assert clock.ahead() == timedelta()


@pytest.mark.usefixtures("corrected")
async def test_a_difference_about_as_large_as_what_is_tolerated_does_not_go_back_and_forth() -> None:
    clock.set_ahead(timedelta(seconds=1.2))
    await clock_watch.look(cast(Connection, Told(timedelta(seconds=0.8))))
    assert clock.ahead() == timedelta(seconds=1.2)
