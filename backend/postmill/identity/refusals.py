"""Refusals in the audit trail: who tried what they may not do."""

import time

from postmill.db.pool import Pool
from postmill.model.subject import Subject
from postmill.tables.instance import audit

QUIET_SECONDS = 60.0
MAX_REMEMBERED = 10_000


class Refusals:
    """Writes one entry for each caller and operation per minute, so that a loop cannot flood the trail."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._noted: dict[tuple[str, str], float] = {}

    async def note(self, subject: Subject, operation: str, path: str) -> None:
        """Record that the caller was kept out of an operation."""
        key = (subject.email, operation)
        moment = time.monotonic()
        if subject.is_anonymous or self._noted.get(key, 0.0) > moment:
            return
        if len(self._noted) >= MAX_REMEMBERED:
            self._noted.clear()
        self._noted[key] = moment + QUIET_SECONDS
        await audit.record(
            self._pool, subject, f"refused.{operation}", "Execute", path[:255], outcome="refused"
        )
