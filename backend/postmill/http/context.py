"""What a server process is made of; built once by ``main.server`` and handed to every call."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from postmill.kernel.clock import Clock, now
from postmill.kernel.settings import Settings
from postmill.objects.contract import Objects
from postmill.tables.output.stored_object import objects_of

if TYPE_CHECKING:
    from postmill.crypto.workspace_keys import Keyring
    from postmill.db.notifications import Notifications
    from postmill.db.pool import Pool
    from postmill.http.operation import Operation
    from postmill.launch.launcher import Launcher
    from postmill.launch.waiters import Waiters

P = TypeVar("P")


class Part(Generic[P]):
    """Something long-lived that an area of the API brings along: one per server, made when it is first asked for.

    An area that needs one says ``PAGES = Part(lambda context: ResultPages(context.settings), ResultPages.close)`` and
    its handlers ask ``PAGES.of(call.context)``.
    """

    def __init__(
        self,
        make: Callable[["ServerContext"], P],
        close: Callable[[P], Awaitable[None]] | None = None,
    ) -> None:
        self.make = make
        self.close = close

    def of(self, context: "ServerContext") -> P:
        """The one of this server."""
        return context.part(self)


@dataclass
class ServerContext:
    """What every area needs, and the parts that areas bring along.

    ``stopping`` turns new requests away while the old ones end.
    """

    settings: Settings
    pool: "Pool"
    notifications: "Notifications"
    keyring: "Keyring"
    launcher: "Launcher"
    waiters: "Waiters"
    clock: Clock = now
    stopping: bool = False
    operations: "tuple[Operation, ...]" = ()
    _parts: dict[Part[Any], Any] = field(default_factory=dict, init=False)

    @cached_property
    def objects(self) -> Objects:
        """Where files and large values lie. Raises InvalidInput where the settings cannot be used."""
        return objects_of(self.settings, self.pool)

    def part(self, part: Part[P]) -> P:
        """The one of this server, made now if nobody has asked for it yet."""
        if part not in self._parts:
            self._parts[part] = part.make(self)
        made: P = self._parts[part]
        return made

    async def close(self) -> None:
        """Ends the parts that were made, the last one first."""
        for part, made in reversed(self._parts.items()):
            if part.close is not None:
                await part.close(made)
