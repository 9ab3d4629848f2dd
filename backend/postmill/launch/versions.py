"""Deployed versions of scripts, kept in the process until they change."""

import time
from dataclasses import dataclass

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.model.script import Script
from postmill.tables import script as scripts

CHANNEL = "script_changed"
GOOD_FOR_SECONDS = 10.0  # in case a notification is lost
MOST = 2000


@dataclass(slots=True, frozen=True)
class _Known:
    script: Script
    until: float


class Versions:
    """Looks versions up by path or hash; dropped by notifications ``workspace:path`` on ``script_changed``."""

    def __init__(self, pool: Pool, notifications: Notifications | None) -> None:
        self._pool = pool
        self._known: dict[tuple[str, str | int], _Known] = {}
        self._changes = 0
        if notifications is not None:
            notifications.subscribe(CHANNEL, self.forget)

    def forget(self, change: str) -> None:
        """Drops the versions of ``workspace:path``, or everything for ""."""
        self._changes += 1
        workspace, _, path = change.partition(":")
        self._known = (
            {
                key: known
                for key, known in self._known.items()
                if not (key[0] == workspace and known.script.path == path)
            }
            if change
            else {}
        )

    async def deployed(self, workspace: str, path: str) -> Script | None:
        """The version that a run by path takes."""
        known = self._find(workspace, path)
        if known is not None:
            return known
        changes = self._changes
        return self._keep(path, await scripts.deployed_version(self._pool, workspace, path), changes)

    async def by_hash(self, workspace: str, script_hash: int) -> Script | None:
        """One version, also an archived one."""
        known = self._find(workspace, script_hash)
        if known is not None:
            return known
        changes = self._changes
        return self._keep(script_hash, await scripts.by_hash(self._pool, workspace, script_hash), changes)

    async def head(self, workspace: str, path: str) -> Script | None:
        """The newest version, deployed or not; never kept."""
        return await scripts.head(self._pool, workspace, path)

    def _find(self, workspace: str, key: str | int) -> Script | None:
        known = self._known.get((workspace, key))
        return known.script if known is not None and known.until > time.monotonic() else None

    def _keep(self, key: str | int, script: Script | None, changes: int) -> Script | None:
        # Only what is deployed stays as it is; and what was read before a change is not kept after it.
        if script is not None and script.is_deployed and changes == self._changes:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[(script.workspace_id, key)] = _Known(script, time.monotonic() + GOOD_FOR_SECONDS)
        return script
