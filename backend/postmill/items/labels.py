"""Labels of items: short texts to find them by."""

from collections.abc import Iterable

from postmill.kernel.errors import InvalidInput

MAX_LABELS = 50
MAX_LABEL_LENGTH = 100


def checked_labels(labels: Iterable[str] | None) -> tuple[str, ...]:
    """The labels without repetitions; raises InvalidInput for too many, too long or empty ones."""
    unique = tuple(dict.fromkeys(labels or ()))
    if len(unique) > MAX_LABELS:
        raise InvalidInput(f"Bad request: an item has at most {MAX_LABELS} labels")
    for label in unique:
        if not label.strip() or len(label) > MAX_LABEL_LENGTH:
            raise InvalidInput(f"Bad request: a label has 1 to {MAX_LABEL_LENGTH} characters")
    return unique
