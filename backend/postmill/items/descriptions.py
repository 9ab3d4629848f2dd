"""What every item says of itself: a description, labels to find it by, and whether it is the workspace's own."""

from collections.abc import Iterable
from typing import Any, Protocol

from postmill.kernel.errors import InvalidInput
from postmill.kernel.storable import checked_text

MAX_DESCRIPTION_LENGTH = 50_000
MAX_LABELS = 50
MAX_LABEL_LENGTH = 100


class Description(Protocol):
    """Those members of an item, or of an edit of one, in which an absent member stays as it is."""

    @property
    def description(self) -> str | None: ...
    @property
    def labels(self) -> tuple[str, ...] | None: ...
    @property
    def ws_specific(self) -> bool | None: ...


def described(given: Description) -> dict[str, Any]:
    """What a new item says of itself; raises InvalidInput for what cannot be kept."""
    return {
        "description": _checked_description(given.description or ""),
        "labels": _checked_labels(given.labels),
        "ws_specific": bool(given.ws_specific),
    }


def redescribed(edit: Description) -> dict[str, Any]:
    """What an edit changes of it; what the edit does not name stays."""
    checked = described(edit)
    return {name: value for name, value in checked.items() if getattr(edit, name) is not None}


def _checked_description(text: str) -> str:
    if len(text) > MAX_DESCRIPTION_LENGTH:
        raise InvalidInput(f"Bad request: a description has at most {MAX_DESCRIPTION_LENGTH} characters")
    return checked_text(text, "the description")


def _checked_labels(labels: Iterable[str] | None) -> tuple[str, ...]:
    """The labels without repetitions; raises InvalidInput for too many, too long or empty ones."""
    unique = tuple(dict.fromkeys(labels or ()))
    if len(unique) > MAX_LABELS:
        raise InvalidInput(f"Bad request: an item has at most {MAX_LABELS} labels")
    for label in unique:
        if not label.strip() or len(label) > MAX_LABEL_LENGTH:
            raise InvalidInput(f"Bad request: a label has 1 to {MAX_LABEL_LENGTH} characters")
    return unique
