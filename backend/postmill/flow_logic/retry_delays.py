"""How long a failed run waits before it runs again. Pure.

The constant tries come first. After f failures the exponential wait is ``multiplier * seconds ** (f + 1)``, moved up or
down by at most ``random_factor`` percent.
"""

import sys

from postmill.model.retry_policy import Exponential, RetryPolicy

LONGEST_SECONDS = 6 * 3600.0


def next_delay(policy: RetryPolicy, failures: int, chance: float) -> float | None:
    """Seconds until the next try after ``failures`` earlier retries, None to give up.

    ``chance`` lies between 0 and 1 and decides the jitter: 0.5 is none.
    """
    if failures < policy.constant.attempts:
        return min(LONGEST_SECONDS, max(0.0, policy.constant.seconds))
    growing = policy.exponential
    if failures - policy.constant.attempts >= growing.attempts:
        return None
    share = min(growing.random_factor or 0.0, 100.0) / 100 * (2 * chance - 1)
    return max(0.0, min(LONGEST_SECONDS, _power(growing, failures + 1) * (1 + share)))


def longest_wait(policy: RetryPolicy) -> float:
    """Seconds that a policy would wait at most if nothing bounded it; without the jitter."""
    first = policy.constant.attempts
    last = first + policy.exponential.attempts
    waits = [policy.constant.seconds] if first > 0 else []
    if last > first:
        waits += [_power(policy.exponential, first + 1), _power(policy.exponential, last)]
    return max(waits, default=0.0)


def _power(growing: Exponential, exponent: int) -> float:
    try:
        return float(growing.multiplier * growing.seconds**exponent)
    except OverflowError:
        return sys.float_info.max
