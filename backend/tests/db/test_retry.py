"""What is tried again, and for how long."""

import asyncpg
import pytest

from postmill.db.retry import is_worth_retrying, reason_of, retrying
from postmill.kernel.pauses import LONGEST_DELAY_SECONDS, delay_seconds


class Failing:
    """Fails with the given errors, one a call, then answers."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.calls = 0

    async def __call__(self) -> str:
        self.calls += 1
        if self.errors:
            raise self.errors.pop(0)
        return "done"


async def test_a_deadlock_is_tried_again() -> None:
    call = Failing(asyncpg.DeadlockDetectedError("deadlock"), ConnectionResetError())
    assert await retrying(call) == "done"
    assert call.calls == 3


async def test_a_mistake_is_not_tried_again() -> None:
    call = Failing(asyncpg.UndefinedColumnError("no such column"))
    with pytest.raises(asyncpg.UndefinedColumnError):
        await retrying(call)
    assert call.calls == 1


async def test_the_last_failure_is_raised_when_time_is_up() -> None:
    with pytest.raises(asyncpg.SerializationError):
        await retrying(Failing(*(asyncpg.SerializationError("again") for _ in range(50))), give_up_after=0.1)


@pytest.mark.parametrize(
    ("error", "worth"),
    [
        (asyncpg.ConnectionDoesNotExistError("gone"), True),
        (asyncpg.AdminShutdownError("terminating connection"), True),
        (asyncpg.CannotConnectNowError("starting up"), True),
        (asyncpg.InterfaceError("connection is closed"), True),
        (asyncpg.InternalClientError("unexpected message"), True),
        (TimeoutError(), True),
        (asyncpg.UniqueViolationError("there already"), False),
        (ValueError("a bug"), False),
    ],
)
def test_only_passing_failures_are_worth_another_try(error: Exception, worth: bool) -> None:
    assert is_worth_retrying(error) is worth


def test_pauses_grow_to_a_bound_and_are_spread() -> None:
    assert delay_seconds(0, 0.0) < delay_seconds(0, 1.0) < delay_seconds(5, 0.0)
    assert delay_seconds(1000, 1.0) == LONGEST_DELAY_SECONDS


def test_a_reason_is_given_where_the_error_has_none() -> None:
    assert reason_of(TimeoutError()) == "TimeoutError: the database has not answered in time"
    assert reason_of(ConnectionResetError("reset by peer")) == "ConnectionResetError: reset by peer"
