"""Which language server makes room for another one."""

from collections.abc import Collection
from dataclasses import dataclass

import pytest

from postmill.kernel.errors import Unavailable
from postmill.language_help.servers import BUSY_SECONDS, dispensable


@dataclass
class Seat:
    used_at: float
    users: Collection[object] = ("somebody",)
    alive: bool = True


def test_one_that_nobody_uses_goes_however_lately_it_was_asked() -> None:
    servers = {"used": Seat(0), "left": Seat(99, users=()), "left before": Seat(98, users=())}
    assert dispensable(servers, 100) == "left before"


def test_one_that_ended_by_itself_goes_before_one_that_lives() -> None:
    assert dispensable({"used": Seat(0), "dead": Seat(100, alive=False)}, 100) == "dead"


def test_of_those_in_use_the_one_that_was_idle_for_longest_goes() -> None:
    now = BUSY_SECONDS + 5
    assert dispensable({"now": Seat(now), "idle": Seat(5), "idle less": Seat(6)}, now) == "idle"


def test_one_that_somebody_works_with_stays() -> None:
    with pytest.raises(Unavailable, match="in use by others"):
        dispensable({"one": Seat(10), "other": Seat(9)}, 10)
