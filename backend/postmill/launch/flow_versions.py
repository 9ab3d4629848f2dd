"""Deployed versions of flows, read and kept in the process until they change."""

import time
from dataclasses import dataclass

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.model.flow import FlowValue
from postmill.model.flow_document import FlowDocument
from postmill.model.flow_reading import parse_flow
from postmill.tables import flow as flows

CHANNEL = "flow_changed"
GOOD_FOR_SECONDS = 10.0  # in case a notification is lost
MOST = 500


@dataclass(slots=True, frozen=True)
class LoadedFlow:
    """A version with its steps."""

    document: FlowDocument
    value: FlowValue


@dataclass(slots=True, frozen=True)
class _Known:
    flow: LoadedFlow
    until: float


class FlowVersions:
    """Looks flows up by path or version; dropped by notifications ``workspace:path`` on ``flow_changed``."""

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
                if not (key[0] == workspace and known.flow.document.path == path)
            }
            if change
            else {}
        )

    async def deployed(self, workspace: str, path: str) -> LoadedFlow | None:
        """The version that a run by path takes: the newest, unless the flow is archived.

        Raises InvalidInput for a stored value that this release cannot read.
        """
        known = self._find(workspace, path)
        if known is not None:
            return known
        changes = self._changes
        found = await flows.head(self._pool, workspace, path)
        return None if found is None or found.archived else self._keep(path, found, changes)

    async def by_version(self, workspace: str, version: int) -> LoadedFlow | None:
        """One version, also of an archived flow. Raises InvalidInput like ``deployed``."""
        known = self._find(workspace, version)
        if known is not None:
            return known
        changes = self._changes
        found = await flows.by_version(self._pool, workspace, version)
        return None if found is None else self._keep(version, found, changes)

    def _find(self, workspace: str, key: str | int) -> LoadedFlow | None:
        known = self._known.get((workspace, key))
        return known.flow if known is not None and known.until > time.monotonic() else None

    def _keep(self, key: str | int, document: FlowDocument, changes: int) -> LoadedFlow:
        loaded = LoadedFlow(document, parse_flow(document.value, seed=str(document.version)))
        # What was read before a change is not kept after it.
        if changes == self._changes:
            if len(self._known) >= MOST:
                self._known.clear()
            self._known[(document.workspace_id, key)] = _Known(loaded, time.monotonic() + GOOD_FOR_SECONDS)
        return loaded
