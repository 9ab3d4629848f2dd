"""Texts, JSON and times that PostgreSQL can keep, and that can be read again."""

from datetime import UTC, datetime
from typing import Any

from postmill.kernel import json
from postmill.kernel.errors import InvalidInput

_NUL = "\\u0000"


def checked_text(text: str, what: str) -> str:
    """Raises InvalidInput for a NUL character or a lone surrogate, which no text column holds."""
    if "\0" in text:
        raise InvalidInput(f"Bad request: {what} holds a NUL character")
    try:
        text.encode()
    except UnicodeEncodeError:
        raise InvalidInput(f"Bad request: {what} is not valid Unicode text") from None
    return text


def checked_value(value: Any, what: str) -> str:
    """A value as compact JSON; raises InvalidInput for a NUL in one of its strings."""
    text = json.encode_text(value)
    if _NUL in text and json.holds_nul(value):
        raise InvalidInput(f"Bad request: {what} holds a NUL character")
    return checked_text(text, what)


def checked_json(raw: bytes, what: str) -> str:
    """JSON as text, compact and in the order of its members; raises InvalidInput for a NUL in one of its strings."""
    return checked_value(json.decode(raw), what)


def checked_moment(moment: datetime, what: str) -> datetime:
    """The moment in UTC; raises InvalidInput without an offset, and outside the years 1 to 9999 there.

    PostgreSQL keeps what lies in the year 10000 of UTC, and every list that holds it could be read no more.
    """
    if moment.tzinfo is None:
        raise InvalidInput(f"Bad request: {what} needs an offset, for instance 2026-01-31T08:00:00Z")
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise InvalidInput(f"Bad request: {what} lies outside the years 1 to 9999 in UTC") from None
