"""What an alert's number means; imported by the other scripts of this folder."""

LEVELS = ["info", "warning", "error", "critical"]


def level(score: int) -> str:
    """The level for a score from 0 to 100."""
    if not 0 <= score <= 100:
        raise ValueError(f"A score lies between 0 and 100, not at {score}.")
    return LEVELS[min(score // 25, len(LEVELS) - 1)]
