"""Time comes in as an argument; this is the one place that asks the machine.

All processes go by the clock of the database, so that what one of them stores another may compare. Where the machine's
own clock differs, whoever knows says by how much (``set_ahead``).
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


class _Difference:
    """How far the database's clock is ahead of the machine's."""

    ahead = timedelta()


def now() -> datetime:
    """The current time, with the UTC offset."""
    return datetime.now(UTC) + _Difference.ahead


def ahead() -> timedelta:
    """What ``now`` adds to the machine's clock."""
    return _Difference.ahead


def set_ahead(difference: timedelta) -> None:
    """From now on ``now`` adds this to the machine's clock."""
    _Difference.ahead = difference


def monotonic() -> float:
    """Seconds of a clock that never goes back."""
    return time.monotonic()
