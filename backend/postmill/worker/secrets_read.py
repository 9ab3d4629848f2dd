"""Secrets that a job reads over the API while it runs are masked in its log too.

The server writes the audit entry of a read before it answers. Whoever looks after a piece of output has arrived
therefore finds every secret that this piece can hold.
"""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Protocol
from uuid import UUID

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.references.sealing import open_sealed, place_of_variable
from postmill.tables.items import variable as variables
from postmill.tables.jobs import secret_read
from postmill.tables.jobs.secret_read import SecretRead
from postmill.worker.masking import Masker

_CAN_CALL_API = re.compile(
    r"wmill|WM_TOKEN|environ|getenv|printenv|\benv\b|^\s*(?:from|import)\s+(?:[fu]\.|\.)|\beval\b|\bexec\b|/proc"
    # TypeScript: what is imported from a package or a script, and the ways to the variables of the process
    r"|\bfrom\s*[\"']|\bimport\s*[(\"']|\brequire\s*\(|\bprocess\b|\bglobalThis\b|\bBun\b|\bDeno\b|(?-i:\bFunction\b)",
    re.MULTILINE | re.IGNORECASE,
)


class Reader(Protocol):
    """A job that may read secrets; ``known_secrets`` are the paths that its masker has already."""

    job_id: UUID
    masker: Masker
    known_secrets: set[str]


class SecretsRead:
    """Finds out what jobs have read, and tells their maskers."""

    def __init__(self, pool: Pool, keyring: Keyring) -> None:
        self._pool = pool
        self._keyring = keyring

    async def refresh(self, readers: Sequence[Reader]) -> None:
        """Adds to each masker what its job has read so far."""
        if not readers:
            return
        by_id = {reader.job_id: reader for reader in readers}
        for read in await secret_read.of_jobs(self._pool, list(by_id)):
            reader = by_id[read.job_id]
            if read.path not in reader.known_secrets:
                reader.masker.add(await self._texts(read))
                reader.known_secrets.add(read.path)

    async def _texts(self, read: SecretRead) -> list[str]:
        variable = await variables.get(self._pool, read.workspace_id, read.path)
        if variable is None or not variable.is_secret:
            return []
        place = place_of_variable(read.workspace_id, read.path)
        return [await open_sealed(self._pool, self._keyring, read.workspace_id, variable.value, place)]


@lru_cache(maxsize=1024)
def can_read_secrets(code: str, lock: str | None) -> bool:
    """Whether a job can get at its token: by itself, by what it imports, or by its packages.

    Most small scripts cannot, which saves them a question to the database.
    """
    return bool(_CAN_CALL_API.search(code)) or (lock is not None and "==" in lock)
