"""Places around commits where a test can end the process as a power cut would: ``POSTMILL_CRASH_AT=<name>[:<n>]``.

Without that variable a crash point is one comparison. With it the process dies, without clean-up, when it passes the
named place for the n-th time (the first, unless told).
"""

import os
import signal

VARIABLE = "POSTMILL_CRASH_AT"


class CrashPoints:
    """The armed crash point of this process, if any."""

    def __init__(self, armed: str) -> None:
        self._name, _, count = armed.partition(":")
        self._remaining = int(count or "1")

    def reached(self, name: str) -> None:
        """Ends the process when the place is the armed one and was passed often enough."""
        if name != self._name:
            return
        self._remaining -= 1
        if self._remaining <= 0:
            os.kill(os.getpid(), signal.SIGKILL)


_POINTS = CrashPoints(os.environ[VARIABLE]) if os.environ.get(VARIABLE) else None


def crash_point(name: str) -> None:
    """Marks a place, named ``<area>.<step>.<before or after>_commit``."""
    if _POINTS is not None:
        _POINTS.reached(name)
