"""Identifiers: time-ordered job ids and random secrets."""

import hashlib
import os
import secrets
import time
import uuid
from uuid import UUID

_BYTES, _AT_A_TIME = 10, 128
_ready: list[bytes] = []
os.register_at_fork(after_in_child=_ready.clear)  # parent and child must not give the same ids


def new_job_id() -> UUID:
    """A 128-bit id in ULID layout (48 bits of milliseconds, 80 random bits), printed as a UUID.

    Later ids sort after earlier ones to the millisecond, so that an index on the id is an index on time.
    """
    return UUID(int=(time.time_ns() // 1_000_000 << 80) | int.from_bytes(_random_bytes(), "big"))


def _random_bytes() -> bytes:
    """80 random bits. The system is asked for many at a time: each question costs as much as all the rest of an id."""
    try:
        return _ready.pop()
    except IndexError:
        fresh = os.urandom(_BYTES * _AT_A_TIME)
        _ready.extend(fresh[start : start + _BYTES] for start in range(_BYTES, len(fresh), _BYTES))
        return fresh[:_BYTES]


def new_id() -> UUID:
    """A random id without order, for rows that are not jobs."""
    return uuid.uuid4()


def new_secret(kind: str) -> str:
    """256 random bits behind a prefix that names their kind, for instance ``pm_tok_...``."""
    return f"pm_{kind}_{secrets.token_urlsafe(32)}"


def format_hash(value: int) -> str:
    """A signed 64-bit script hash as 16 hexadecimal digits, as the API shows it."""
    return f"{value & 0xFFFF_FFFF_FFFF_FFFF:016x}"


def parse_hash(text: str) -> int:
    """The reverse of ``format_hash``; raises ValueError for anything but 16 hexadecimal digits."""
    if len(text) != 16:
        raise ValueError(f"{text!r} is not a script hash: 16 hexadecimal digits are expected")
    value = int(text, 16)
    return value - (1 << 64) if value >= 1 << 63 else value


def short_id(of: str) -> str:
    """Six characters that follow from a text, for what needs a name and was given none."""
    return hashlib.sha256(of.encode()).hexdigest()[:6]
