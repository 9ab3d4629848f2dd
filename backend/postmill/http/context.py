"""What a server process is made of; built once by ``main.server`` and handed to every call."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from postmill.kernel.clock import Clock, now
from postmill.kernel.settings import Settings

if TYPE_CHECKING:
    from postmill.crypto.workspace_keys import Keyring
    from postmill.db.notifications import Notifications
    from postmill.db.pool import Pool
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
    blobs: Any = None
    push_writer: Any = None
    clock: Clock = now
    stopping: bool = False
    extras: dict[str, Any] = field(default_factory=dict)
