"""What is asked of everything that is deployed in versions, scripts and flows alike."""

from typing import Generic, Protocol, TypeVar

from postmill.access.policy import can_read, domain_of
from postmill.db.pool import Connection, Pool
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import favorite, flow, item_kinds, script
from postmill.tables.items.item_kinds import Item, ItemKind


class Version(Item, Protocol):
    """The newest version of something deployed."""

    @property
    def archived(self) -> bool: ...


class VersionsTable(Protocol):
    """What the module of a table of versions offers, whatever the kind."""

    async def list_paths(self, connection: Connection, subject: Subject, workspace: str) -> list[str]: ...
    async def mute_error_handler(
        self, connection: Connection, workspace: str, path: str, muted: bool
    ) -> object: ...
    async def notify_changed(self, connection: Connection, workspace: str, path: str) -> None: ...


V = TypeVar("V", bound=Version)


class Deployed(Generic[V]):
    """One kind of what is deployed, for those who read it."""

    def __init__(self, kind: ItemKind[V], table: VersionsTable) -> None:
        self._kind = kind
        self._table = table

    @property
    def name(self) -> str:
        """The kind as rules and sentences call it."""
        return self._kind.name

    async def by_path(self, connection: Connection, subject: Subject, workspace: str, path: str) -> V:
        """The newest version, archived or not, whether it can be run yet or not."""
        return await self._kind.readable(connection, subject, workspace, path)

    async def exists(self, pool: Pool, subject: Subject, workspace: str, path: str) -> bool:
        """Whether something live is at the path that the subject may see."""
        head = await self._kind.read(pool, workspace, path)
        if head is None or head.archived:
            return False
        return can_read(subject, self.name, path, head.extra_perms)

    async def is_starred(self, pool: Pool, subject: Subject, workspace: str, path: str) -> bool:
        return await favorite.is_starred(pool, workspace, subject.email, self.name, path)

    async def list_paths(self, connection: Connection, subject: Subject, workspace: str) -> list[str]:
        """The paths of all that is live and that the subject may see."""
        return await self._table.list_paths(connection, subject, workspace)

    async def mute_error_handler(
        self, pool: Pool, subject: Subject, workspace: str, path: str, muted: bool
    ) -> None:
        """Whether failed runs of the path are kept from the workspace's error handler."""
        async with pool.acquire() as connection, connection.transaction():
            await self._kind.changeable(connection, subject, workspace, path)
            await self._table.mute_error_handler(connection, workspace, path, muted)
            await self._table.notify_changed(connection, workspace, path)
            action = f"{domain_of(self.name)}.mute_error_handler"
            await audit.record(connection, subject, action, "Updated", path, {"muted": muted})


SCRIPTS = Deployed(item_kinds.SCRIPTS, script)
FLOWS = Deployed(item_kinds.FLOWS, flow)
