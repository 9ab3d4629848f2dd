"""Passwords: argon2id, computed in threads and never many at once."""

import asyncio
from functools import lru_cache

import argon2

from postmill.kernel.errors import InvalidInput

MIN_LENGTH = 6
MAX_LENGTH = 1024
# 19 MiB and two passes: the smallest setting that OWASP recommends, so that a burst of sign-ins fits in memory.
_HASHER = argon2.PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_AT_ONCE = 2


@lru_cache(maxsize=8)
def _gate(_loop: asyncio.AbstractEventLoop) -> asyncio.Semaphore:
    return asyncio.Semaphore(_AT_ONCE)


@lru_cache(maxsize=1)
def _nobodys_hash() -> str:
    """What a password for an unknown account is compared with, so that it takes the same time."""
    return _HASHER.hash("nobody has this password")


def require_acceptable(password: str) -> None:
    """Raises InvalidInput for a password that is too short or too long."""
    if not MIN_LENGTH <= len(password) <= MAX_LENGTH:
        raise InvalidInput(f"Bad request: a password has between {MIN_LENGTH} and {MAX_LENGTH} characters")


async def hash_password(password: str) -> str:
    """The argon2id hash in its usual text form."""
    async with _gate(asyncio.get_running_loop()):
        return await asyncio.to_thread(_HASHER.hash, password)


async def is_right(password: str, password_hash: str | None) -> bool:
    """Whether the password belongs to the hash; takes as long when there is none."""
    async with _gate(asyncio.get_running_loop()):
        return await asyncio.to_thread(_verify, password, password_hash)


def _verify(password: str, password_hash: str | None) -> bool:
    try:
        matches = _HASHER.verify(password_hash or _nobodys_hash(), password)
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return matches and password_hash is not None
