"""JSON in and out, through msgspec; ``Raw`` is JSON that nobody needs to look into."""

import re
from typing import Any, TypeVar

import msgspec

from postmill.kernel.errors import InvalidInput

T = TypeVar("T")

Raw = msgspec.Raw
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()
# Every escape of a text, so that the second backslash of "\\\\ud800" begins none; pairs first.
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}|(u[dD][89a-fA-F][0-9a-fA-F]{2})|.)", re.S
)


def encode(value: Any) -> bytes:
    """Compact JSON; datetimes as RFC 3339, UUIDs as text."""
    return _encoder.encode(value)


def encode_text(value: Any) -> str:
    return _encoder.encode(value).decode()


def decode(data: bytes | str) -> Any:
    """Plain Python values; raises InvalidInput with the position for malformed JSON."""
    try:
        return _decoder.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"Bad request: malformed JSON: {fault_in(data, error)}") from None


def fault_in(data: bytes | str, error: Exception) -> str:
    """What is wrong with JSON that could not be decoded: the decoder's words, unless it misses the cause.

    Half of a surrogate pair it takes for a text that is cut off.
    """
    if not isinstance(error, msgspec.DecodeError) or isinstance(error, msgspec.ValidationError):
        return str(error)
    for escape in _ESCAPE.finditer(data.encode() if isinstance(data, str) else data):
        if escape[1] is not None:
            return (
                f"\\{escape[1].decode()} (byte {escape.start()}) is half of a surrogate pair; "
                "a character takes both halves, one after the other"
            )
    return str(error)


def decode_as(data: bytes | str, kind: type[T]) -> T:
    """A value of the type; raises InvalidInput that names the member at fault."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"Bad request: {fault_in(data, error)}") from None


def holds_nul(value: Any) -> bool:
    """Whether a text anywhere in a decoded value holds the character NUL, which PostgreSQL cannot keep."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(member) for key, member in value.items())
    return isinstance(value, list) and any(holds_nul(item) for item in value)
