"""How long to wait before something that failed is tried again. Pure."""

FIRST_DELAY_SECONDS = 0.02
LONGEST_DELAY_SECONDS = 2.0


def delay_seconds(attempt: int, jitter: float) -> float:
    """How long to wait before the next try; ``attempt`` counts from 0, ``jitter`` lies between 0 and 1."""
    longest = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** min(attempt, 16))
    return float(longest * (0.5 + jitter / 2))
