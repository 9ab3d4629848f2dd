"""Identifiers: time-ordered job ids and random secrets."""

import hashlib
import os
import secrets
import time
import uuid
from uuid import UUID


def new_job_id() -> UUID:
    """A 128-bit id in ULID layout (48 bits of milliseconds, 80 random bits), printed as a UUID.

    Later ids sort after earlier ones to the millisecond, so that an index on the id is an index on time.
    """
    milliseconds = time.time_ns() // 1_000_000
    return UUID(bytes=milliseconds.to_bytes(6, "big") + os.urandom(10))


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
