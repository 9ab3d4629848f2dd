"""The waiting processes of one runtime: some that see no packages, and some for each folder of installed ones."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from postmill.languages.installed import InstalledFolder, InstalledFolders
from postmill.languages.spares import PoolKey, SparePool, SparePools
from postmill.languages.typescript.standby import Standby

MakeStandby = Callable[[Callable[[], SparePool]], Standby]


class Standbys:
    """Kept by what their processes see. Those of a folder hold it, and go when their pool does."""

    def __init__(self, pools: SparePools, folders: InstalledFolders) -> None:
        self._pools = pools
        self._folders = folders
        self._standbys: dict[PoolKey, Standby] = {}

    def of(
        self, name: str, find: Callable[[], Path], installed: InstalledFolder | None, make: MakeStandby
    ) -> Standby:
        """The one of the name, made with a pool of children that see the program and the packages."""
        key = PoolKey(name, ())
        standby = self._standbys.get(key)
        if standby is None:
            standby = self._standbys[key] = make(lambda: self._pool(key, find, installed))
        return standby

    async def close(self) -> None:
        for standby in self._standbys.values():
            await standby.close()

    def _pool(self, key: PoolKey, find: Callable[[], Path], installed: InstalledFolder | None) -> SparePool:
        found = self._pools.find(key)
        if found is not None:
            return found
        base = self._pools.base
        shown = (find(), *((installed.path,) if installed is not None else ()))
        spec = replace(base, program=None, readable=(*base.readable, *shown))
        if installed is None:
            return self._pools.open(key, spec)
        self._folders.hold(installed)
        return self._pools.open(key, spec, lambda: self._closed(key, installed))

    def _closed(self, key: PoolKey, installed: InstalledFolder) -> None:
        self._standbys.pop(key, None)
        self._folders.release(installed)
