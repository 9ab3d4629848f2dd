"""LISTEN on a connection of its own: callbacks by channel, kept alive over lost connections."""

import asyncio
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from postmill.db.pool import close_one, connect_one
from postmill.db.retry import is_worth_retrying
from postmill.kernel.pauses import delay_seconds

if TYPE_CHECKING:
    import asyncpg

    ListeningConnection = asyncpg.Connection[asyncpg.Record]

Callback = Callable[[str], None]

CHECK_EVERY_SECONDS = 15.0
CHECK_SECONDS = 5.0

_log = logging.getLogger(__name__)


class Notifications:
    """Hands the payload of each notification to the callbacks of its channel, in the event loop, in order.

    A callback must be quick and must not raise. After a lost connection every callback is called with "", which means:
    something may have been missed, look for yourself.
    """

    def __init__(self) -> None:
        self._callbacks: dict[str, list[Callback]] = {}
        self._listening: set[str] = set()
        self._changed = asyncio.Event()
        self._settled = asyncio.Event()
        self._connection: ListeningConnection | None = None
        self._task: asyncio.Task[None] | None = None

    async def start(self, database_url: str) -> None:
        """Connect and begin to listen; raises when the database cannot be reached this first time."""
        connection = await connect_one(database_url, application_name="postmill notifications")
        self._changed.set()
        self._task = asyncio.create_task(self._keep_listening(database_url, connection))

    async def close(self) -> None:
        """Stop listening; no callback is called afterwards."""
        self._callbacks.clear()
        if self._task is not None:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task

    def subscribe(self, channel: str, callback: Callback) -> Callable[[], None]:
        """Call ``callback(payload)`` for each notification of the channel; returns what ends the subscription.

        Takes effect a moment later: await ``settled()`` to be sure that nothing from then on is missed.
        """
        self._callbacks.setdefault(channel, []).append(callback)
        self._look_again()

        def unsubscribe() -> None:
            callbacks = self._callbacks.get(channel, [])
            if callback in callbacks:
                callbacks.remove(callback)
            if not callbacks and self._callbacks.pop(channel, None) is not None:
                self._look_again()

        return unsubscribe

    async def settled(self) -> None:
        """Wait until the server listens to exactly the channels that are subscribed to."""
        await self._settled.wait()

    def _look_again(self) -> None:
        self._settled.clear()
        self._changed.set()

    async def _keep_listening(self, database_url: str, connection: "ListeningConnection") -> None:
        current: ListeningConnection | None = connection
        attempt = 0
        while True:
            try:
                again = current is None
                if current is None:
                    current = await connect_one(database_url, application_name="postmill notifications")
                attempt = 0
                await self._serve(current, after_interruption=again)
            except asyncio.CancelledError:
                if current is not None:
                    await close_one(current)
                raise
            except Exception as error:
                # Whatever went wrong, this loop is the only one that can listen again.
                level = logging.WARNING if is_worth_retrying(error) else logging.ERROR
                _log.log(level, "listening for notifications was interrupted: %s", error)
            if current is not None:
                current.terminate()
                current = None
            await asyncio.sleep(delay_seconds(attempt, random.random()))  # noqa: S311 - spreads load
            attempt += 1

    async def _serve(self, connection: "ListeningConnection", *, after_interruption: bool) -> None:
        """Follow the subscriptions on one connection; returns or raises when the connection is lost."""
        self._listening = set()
        connection.add_termination_listener(lambda _: self._changed.set())
        await self._follow_subscriptions(connection)
        if after_interruption:
            # Only now: what is committed from here on is heard, what came before is for the callbacks to look up.
            self._missed_something()
        while not connection.is_closed():
            with suppress(TimeoutError):
                async with asyncio.timeout(CHECK_EVERY_SECONDS):
                    await self._changed.wait()
            self._changed.clear()
            if connection.is_closed():
                return
            await self._follow_subscriptions(connection)
            # A peer that vanished without a word is found out here.
            await connection.execute("SELECT 1", timeout=CHECK_SECONDS)

    async def _follow_subscriptions(self, connection: "ListeningConnection") -> None:
        while self._listening != set(self._callbacks):
            for channel in set(self._callbacks) - self._listening:
                await connection.add_listener(channel, self._dispatch)
                self._listening.add(channel)
            for channel in self._listening - set(self._callbacks):
                await connection.remove_listener(channel, self._dispatch)
                self._listening.discard(channel)
        self._settled.set()

    def _dispatch(self, _connection: Any, _process_id: int, channel: str, payload: object) -> None:
        for callback in tuple(self._callbacks.get(channel, ())):
            self._call(callback, str(payload))

    def _missed_something(self) -> None:
        for callbacks in tuple(self._callbacks.values()):
            for callback in tuple(callbacks):
                self._call(callback, "")

    def _call(self, callback: Callback, payload: str) -> None:
        try:
            callback(payload)
        except Exception:
            # One faulty subscriber must not cost the others their notifications.
            _log.exception("a callback for a notification failed")
