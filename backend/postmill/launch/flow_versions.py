"""Deployed versions of flows, read and kept in the process until they change."""

from dataclasses import dataclass

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.launch.kept_versions import KeptVersions
from postmill.model.flow import FlowValue
from postmill.model.flow_document import FlowDocument
from postmill.model.flow_reading import parse_flow
from postmill.tables.items import flow as flows

CHANNEL = "flow_changed"
MOST = 500


@dataclass(slots=True, frozen=True)
class LoadedFlow:
    """A version with its steps."""

    document: FlowDocument
    value: FlowValue

    @property
    def path(self) -> str:
        return self.document.path


class FlowVersions(KeptVersions[LoadedFlow]):
    """Looks flows up by path or version."""

    def __init__(self, pool: Pool, notifications: Notifications | None) -> None:
        super().__init__(CHANNEL, notifications, MOST)
        self._pool = pool

    async def deployed(self, workspace: str, path: str) -> LoadedFlow | None:
        """The version that a run by path takes: the newest, unless the flow is archived.

        Raises InvalidInput for a stored value that this release cannot read.
        """
        return self._find(workspace, path) or await self._read_once(
            workspace, path, self._newest(workspace, path)
        )

    async def by_version(self, workspace: str, version: int) -> LoadedFlow | None:
        """One version, also of an archived flow. Raises InvalidInput like ``deployed``."""
        return self._find(workspace, version) or await self._read_once(
            workspace, version, self._one(workspace, version)
        )

    async def _newest(self, workspace: str, path: str) -> LoadedFlow | None:
        found = await flows.head(self._pool, workspace, path)
        return None if found is None or found.archived else _loaded(found)

    async def _one(self, workspace: str, version: int) -> LoadedFlow | None:
        found = await flows.by_version(self._pool, workspace, version)
        return None if found is None else _loaded(found)


def _loaded(document: FlowDocument) -> LoadedFlow:
    return LoadedFlow(document, parse_flow(document.value, seed=str(document.version)))
