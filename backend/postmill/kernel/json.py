"""JSON in and out, through msgspec; ``Raw`` is JSON that nobody needs to look into."""

from typing import Any, TypeVar

import msgspec

from postmill.kernel.errors import InvalidInput

T = TypeVar("T")

Raw = msgspec.Raw
_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder()


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
        raise InvalidInput(f"Bad request: malformed JSON: {error}") from None


def decode_as(data: bytes | str, kind: type[T]) -> T:
    """A value of the type; raises InvalidInput that names the member at fault."""
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"Bad request: {error}") from None


def holds_nul(value: Any) -> bool:
    """Whether a text anywhere in a decoded value holds the character NUL, which PostgreSQL cannot keep."""
    if isinstance(value, str):
        return "\0" in value
    if isinstance(value, dict):
        return any(holds_nul(key) or holds_nul(member) for key, member in value.items())
    return isinstance(value, list) and any(holds_nul(item) for item in value)
