"""Tokens of jobs: signed, stored nowhere, good while their attempt runs.

``pm_job_`` and the base64url form of ``job id (16) | attempt (4) | expiry (8, seconds) | HMAC-SHA256 (32)``.
"""

import base64
import hashlib
import hmac
from binascii import Error as Base64Error
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from uuid import UUID

from postmill.crypto.workspace_keys import Keyring

PREFIX = "pm_job_"
_CLAIM_BYTES = 16 + 4 + 8
_SIGNED_BYTES = _CLAIM_BYTES + 32
_BLOCK_BYTES = 64  # of SHA-256


@dataclass(frozen=True, slots=True)
class JobClaim:
    """What a job token says, after its signature was found good."""

    job_id: UUID
    attempt: int
    expires_at: datetime


def _signature(keyring: Keyring, claim: bytes) -> bytes:
    inner, outer = _begun(keyring.derive("job tokens"))
    inner, outer = inner.copy(), outer.copy()
    inner.update(claim)
    outer.update(inner.digest())
    return outer.digest()


@lru_cache(maxsize=8)
def _begun(key: bytes) -> "tuple[hashlib._Hash, hashlib._Hash]":
    """HMAC as far as it is the same for all claims: most of the work for one as short as these."""
    block = key.ljust(_BLOCK_BYTES, b"\0")
    return _sha256_of(block, 0x36), _sha256_of(block, 0x5C)


def _sha256_of(block: bytes, mask: int) -> "hashlib._Hash":
    return hashlib.sha256(bytes(byte ^ mask for byte in block))


def mint(keyring: Keyring, job_id: UUID, attempt: int, expires_at: int) -> str:
    """The token of one attempt of a job; ``expires_at`` in seconds since 1970."""
    claim = job_id.bytes + attempt.to_bytes(4, "big") + expires_at.to_bytes(8, "big")
    return PREFIX + base64.urlsafe_b64encode(claim + _signature(keyring, claim)).rstrip(b"=").decode()


def read(keyring: Keyring, token: str) -> JobClaim | None:
    """What the token claims; None when it is malformed or not ours. Expiry is the caller's to check."""
    body = token.removeprefix(PREFIX)
    if not token.startswith(PREFIX) or not body.isascii():
        return None
    try:
        data = base64.b64decode(body + "=" * (-len(body) % 4), altchars=b"-_", validate=True)
    except (Base64Error, ValueError):
        return None
    if len(data) != _SIGNED_BYTES:
        return None
    claim, signature = data[:_CLAIM_BYTES], data[_CLAIM_BYTES:]
    if not hmac.compare_digest(signature, _signature(keyring, claim)):
        return None
    return JobClaim(
        job_id=UUID(bytes=claim[:16]),
        attempt=int.from_bytes(claim[16:20], "big"),
        expires_at=datetime.fromtimestamp(int.from_bytes(claim[20:28], "big"), UTC),
    )
