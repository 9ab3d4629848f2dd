"""What a server and a worker have in common: a database that is reached, migrated, listened to and gone by."""

import asyncio
from dataclasses import dataclass

from postmill.crypto.workspace_keys import Keyring, load_instance_key
from postmill.db import clock_watch
from postmill.db.migrate import migrate
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool, connect
from postmill.db.retry import retrying
from postmill.kernel.errors import PostmillError
from postmill.kernel.settings import Settings


@dataclass(frozen=True)
class Backbone:
    """The connections and the key of one process; closed by whoever opened it."""

    database_url: str
    pool: Pool
    notifications: Notifications
    keyring: Keyring
    watch: asyncio.Task[None]

    async def close(self) -> None:
        self.watch.cancel()
        await self.notifications.close()
        # Whoever still holds a connection was told to stop long before.
        self.pool.terminate()


async def open_backbone(settings: Settings, name: str) -> Backbone:
    """Reach the database, trying for half a minute, and bring it to this release; ``name`` shows in its sessions."""
    url = settings.database_url
    assert url is not None
    settings.data_dir.mkdir(mode=0o700, parents=True, exist_ok=True)
    keyring = load_keyring(settings)
    await retrying(lambda: migrate(url))
    pool = await connect(url, max_size=settings.database_connections, application_name=f"postmill {name}")
    await retrying(lambda: clock_watch.look(pool))
    notifications = Notifications()
    await notifications.start(url)
    return Backbone(url, pool, notifications, keyring, asyncio.create_task(clock_watch.watch(pool)))


def load_keyring(settings: Settings) -> Keyring:
    """The keyring of this instance; raises PostmillError with a sentence for a key that cannot be used."""
    try:
        return Keyring(load_instance_key(settings.data_dir, settings.instance_key))
    except (ValueError, OSError) as error:
        raise PostmillError(f"the instance key cannot be used: {error}") from None
