"""What a server process is made of; built once by ``main.server`` and handed to every call."""

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from postmill.flow_driver.documents import Documents
from postmill.flow_driver.restart_planner import RestartPlanner
from postmill.kernel.clock import Clock, now
from postmill.kernel.settings import Settings
from postmill.launch.flow_launcher import FlowLauncher
from postmill.objects.contract import Objects
from postmill.result_pages.pages import ResultPages
from postmill.tables.stored_object import objects_of

if TYPE_CHECKING:
    from postmill.crypto.workspace_keys import Keyring
    from postmill.db.notifications import Notifications
    from postmill.db.pool import Pool
    from postmill.language_help.servers import LanguageHelp
    from postmill.launch.launcher import Launcher
    from postmill.launch.waiters import Waiters


@dataclass
class ServerContext:
    """The long-lived parts of a server. ``stopping`` turns new requests away while the old ones end."""

    settings: Settings
    pool: "Pool"
    notifications: "Notifications"
    keyring: "Keyring"
    launcher: "Launcher"
    waiters: "Waiters"
    language_help: "LanguageHelp | None" = None
    push_writer: Any = None
    clock: Clock = now
    stopping: bool = False
    extras: dict[str, Any] = field(default_factory=dict)
    flow_launcher: FlowLauncher = field(init=False)
    flow_documents: Documents = field(init=False)

    def __post_init__(self) -> None:
        self.flow_launcher = FlowLauncher(self.pool, self.launcher, self.notifications)
        self.flow_documents = Documents(self.pool, self.flow_launcher.versions)

    @cached_property
    def objects(self) -> Objects:
        """Where files and large values lie. Raises InvalidInput where the settings cannot be used."""
        return objects_of(self.settings, self.pool)

    @cached_property
    def result_pages(self) -> ResultPages:
        """Reads results that are tables in pages; starts nothing before the first page is asked for."""
        return ResultPages(self.settings, self.objects)

    @cached_property
    def restart_planner(self) -> RestartPlanner:
        """Says what restarts of flows would come to; starts nothing before the first one is asked for."""
        return RestartPlanner(self.settings, self.pool, self.keyring, self.notifications, self.flow_launcher)

    async def close(self) -> None:
        """Ends what was started on the way."""
        if "restart_planner" in self.__dict__:
            await self.restart_planner.close()
        if "result_pages" in self.__dict__:
            await self.result_pages.close()
