"""Versions of what can be run, kept in the process until something changes at their path."""

import time
from collections.abc import Awaitable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from postmill.db.notifications import Notifications

GOOD_FOR_SECONDS = 10.0  # in case a notification is lost


class AtPath(Protocol):
    """A version of something that can be run, which lies at a path."""

    @property
    def path(self) -> str: ...


T = TypeVar("T", bound=AtPath)


@dataclass(slots=True, frozen=True)
class _Known(Generic[T]):
    version: T
    until: float


class KeptVersions(Generic[T]):
    """At most ``most`` versions of one kind of runnable; dropped by notifications ``workspace:path`` on the channel."""

    def __init__(self, channel: str, notifications: Notifications | None, most: int) -> None:
        self._most = most
        self._known: dict[tuple[str, str | int], _Known[T]] = {}
        self._changes = 0
        if notifications is not None:
            notifications.subscribe(channel, self.forget)

    def _is_lasting(self, version: T) -> bool:
        """Whether the version stays as it is until something changes at its path."""
        return True

    def forget(self, change: str) -> None:
        """Drops the versions of ``workspace:path``, or everything for ""."""
        self._changes += 1
        workspace, _, path = change.partition(":")
        self._known = (
            {
                key: known
                for key, known in self._known.items()
                if not (key[0] == workspace and known.version.path == path)
            }
            if change
            else {}
        )

    def _find(self, workspace: str, key: str | int) -> T | None:
        known = self._known.get((workspace, key))
        return known.version if known is not None and known.until > time.monotonic() else None

    async def _read_once(self, workspace: str, key: str | int, reading: Awaitable[T | None]) -> T | None:
        """What the reading finds, which is found under the key (a path or a version's number) from now on."""
        changes = self._changes
        found = await reading
        # What was read before a change is not kept after it.
        if found is not None and changes == self._changes and self._is_lasting(found):
            if len(self._known) >= self._most:
                self._known.clear()
            until = time.monotonic() + GOOD_FOR_SECONDS
            self._known[(workspace, key)] = _Known(found, until)
        return found
