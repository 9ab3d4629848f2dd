"""The kinds of items, one line each: what a path may name, where it is kept, and who may read and change it.

A new kind is a line at the end of this file. Grants, drafts and stars follow from it.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from postmill.access.policy import can_read, not_found, require_read, require_write
from postmill.db.pool import Connection
from postmill.kernel.errors import Conflict
from postmill.model.subject import Subject
from postmill.tables.items import flow, resource, script, variable


class Item(Protocol):
    """What lies at a path; ``extra_perms`` are its own grants."""

    @property
    def path(self) -> str: ...
    @property
    def extra_perms(self) -> dict[str, bool]: ...


T = TypeVar("T", bound=Item)


@dataclass(frozen=True)
class ItemKind(Generic[T]):
    """One kind of item. The functions take workspace and path.

    ``read`` gives what is at the path now, ``lock`` the same while others who would change it wait for the end of the
    transaction. ``grant`` replaces the grants; ``announce`` tells the processes that keep what they have read.
    """

    name: str
    read: Callable[[Connection, str, str], Awaitable[T | None]]
    lock: Callable[[Connection, str, str], Awaitable[T | None]]
    grant: Callable[[Connection, str, str, dict[str, bool]], Awaitable[None]]
    announce: Callable[[Connection, str, str], Awaitable[None]] | None = None

    async def readable(self, connection: Connection, subject: Subject, workspace: str, path: str) -> T:
        """The item at the path; raises NotFound where there is none or the subject may not read it."""
        return self.require_readable(await self.read(connection, workspace, path), subject, path)

    def require_readable(self, found: T | None, subject: Subject, path: str) -> T:
        """The same for what was read already."""
        if found is None:
            raise not_found(self.name, path)
        require_read(subject, self.name, path, found.extra_perms)
        return found

    async def is_readable(self, connection: Connection, subject: Subject, workspace: str, path: str) -> bool:
        """Whether there is an item at the path that the subject may read."""
        found = await self.read(connection, workspace, path)
        return found is not None and can_read(subject, self.name, path, found.extra_perms)

    async def changeable(self, connection: Connection, subject: Subject, workspace: str, path: str) -> T:
        """The item, locked; raises NotFound when it is hidden, NotAuthorized when it is only readable."""
        found = await self.lock(connection, workspace, path)
        if found is None:
            raise not_found(self.name, path)
        require_write(subject, self.name, path, found.extra_perms)
        return found

    async def require_free(self, connection: Connection, subject: Subject, workspace: str, path: str) -> None:
        """Raises NotAuthorized where the subject may not write, Conflict where an item is already."""
        require_write(subject, self.name, path)
        if await self.read(connection, workspace, path) is not None:
            raise Conflict(f"Bad request: {self.name} {path} already exists")


VARIABLES = ItemKind("variable", variable.get, variable.get_for_update, variable.set_extra_perms)
RESOURCES = ItemKind("resource", resource.get, resource.get_for_update, resource.set_extra_perms)
SCRIPTS = ItemKind(
    "script", script.head, script.lock_head, script.set_extra_perms, announce=script.notify_changed
)
FLOWS = ItemKind("flow", flow.head, flow.lock_head, flow.set_extra_perms, announce=flow.notify_changed)

KINDS: Mapping[str, ItemKind[Any]] = {kind.name: kind for kind in (VARIABLES, RESOURCES, SCRIPTS, FLOWS)}
