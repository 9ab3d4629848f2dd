"""Deployed versions of scripts, kept in the process until they change."""

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.launch.kept_versions import KeptVersions
from postmill.model.script import Script
from postmill.tables.items import script as scripts

CHANNEL = "script_changed"
MOST = 2000


class Versions(KeptVersions[Script]):
    """Looks versions up by path or hash. Only what is deployed is kept."""

    def __init__(self, pool: Pool, notifications: Notifications | None) -> None:
        super().__init__(CHANNEL, notifications, MOST)
        self._pool = pool

    async def deployed(self, workspace: str, path: str) -> Script | None:
        """The version that a run by path takes."""
        return self._find(workspace, path) or await self._read_once(
            workspace, path, scripts.deployed_version(self._pool, workspace, path)
        )

    async def by_hash(self, workspace: str, script_hash: int) -> Script | None:
        """One version, also an archived one."""
        return self._find(workspace, script_hash) or await self._read_once(
            workspace, script_hash, scripts.by_hash(self._pool, workspace, script_hash)
        )

    async def head(self, workspace: str, path: str) -> Script | None:
        """The newest version, deployed or not; never kept."""
        return await scripts.head(self._pool, workspace, path)

    def _is_lasting(self, version: Script) -> bool:
        return version.is_deployed
