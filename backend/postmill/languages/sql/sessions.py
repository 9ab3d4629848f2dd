"""Connections that one job after another uses, per database and credentials: bounded, closed when idle.

A session is found again only by the whole value of its connection and its workspace: who brings other credentials, or
comes from another workspace, gets a connection of their own.
"""

import asyncio
import hashlib
import logging
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Generic, Protocol, TypeVar

from postmill.kernel.json import encode

IDLE_SECONDS = 60.0
CLOSE_SECONDS = 5.0
TIDY_SECONDS = 10.0

_log = logging.getLogger(__name__)


class Closable(Protocol):
    """What the pool has to know of a connection."""

    @property
    def is_open(self) -> bool: ...

    @property
    def is_clean(self) -> bool:
        """Whether the job can have left nothing behind."""

    async def tidy(self) -> bool:
        """Undoes what a job left behind; False where that is not possible."""

    async def close(self) -> None:
        """Ends the connection, and on the server what it still runs."""


S = TypeVar("S", bound=Closable)


def key_of(workspace: str, database: Any) -> bytes:
    """A name for a connection value that does not tell it."""
    return hashlib.sha256(encode([workspace, database])).digest()


class _Shelf(Generic[S]):
    """The sessions of one key."""

    def __init__(self, most: int) -> None:
        self.places = asyncio.Semaphore(most)
        self.idle: deque[tuple[float, S]] = deque()
        self.users = 0
        self.is_watched = False


class Sessions(Generic[S]):
    """At most ``most`` connections per key; waiting users are served in turn."""

    def __init__(self, most: int, idle_seconds: float = IDLE_SECONDS) -> None:
        self._most = most
        self._idle_seconds = idle_seconds
        self._shelves: dict[bytes, _Shelf[S]] = {}
        self._tidying: set[asyncio.Task[None]] = set()
        self._closed = False

    @asynccontextmanager
    async def leased(
        self, key: bytes, open_session: Callable[[], Awaitable[S]], harmless: tuple[type[Exception], ...]
    ) -> AsyncIterator[S]:
        """A session for the block's own use. After the block, or an exception that is ``harmless``, others may use it.

        After any other exception, a cancellation included, it is closed first, which ends what runs on the server.
        """
        shelf = self._shelves.setdefault(key, _Shelf(self._most))
        shelf.users += 1
        try:
            await shelf.places.acquire()
        except BaseException:
            self._leave(key, shelf)
            raise
        try:
            session = self._take(shelf) or await open_session()
        except BaseException:
            self._free(key, shelf)
            raise
        try:
            yield session
        except BaseException as error:
            if isinstance(error, harmless):
                self._put_back(key, shelf, session)
            else:
                await asyncio.shield(self._end(key, shelf, session))
            raise
        self._put_back(key, shelf, session)

    async def close(self) -> None:
        """Closes what is idle; what is in use closes when its users are done."""
        self._closed = True
        if self._tidying:
            await asyncio.wait(self._tidying, timeout=CLOSE_SECONDS)
        for shelf in self._shelves.values():
            while shelf.idle:
                await _closed(shelf.idle.pop()[1])

    def _take(self, shelf: _Shelf[S]) -> S | None:
        while shelf.idle:
            session = shelf.idle.pop()[1]
            if session.is_open:
                return session
        return None

    def _put_back(self, key: bytes, shelf: _Shelf[S], session: S) -> None:
        """Tidies up beside the job, whose result does not wait for it."""
        if session.is_open and session.is_clean and not self._closed:
            self._keep(key, shelf, session)
            return
        task = asyncio.create_task(self._tidied(key, shelf, session))
        self._tidying.add(task)
        task.add_done_callback(self._tidying.discard)

    async def _tidied(self, key: bytes, shelf: _Shelf[S], session: S) -> None:
        try:
            async with asyncio.timeout(TIDY_SECONDS):
                is_ready = session.is_open and not self._closed and await session.tidy()
        except Exception as error:
            _log.info("a database connection is given up: %s", type(error).__name__)
            is_ready = False
        if not is_ready:
            await self._end(key, shelf, session)
            return
        self._keep(key, shelf, session)

    def _keep(self, key: bytes, shelf: _Shelf[S], session: S) -> None:
        shelf.idle.append((time.monotonic(), session))
        if not shelf.is_watched:
            self._watch(key, shelf)
        self._free(key, shelf)

    async def _end(self, key: bytes, shelf: _Shelf[S], session: S) -> None:
        try:
            await _closed(session)
        finally:
            self._free(key, shelf)

    def _free(self, key: bytes, shelf: _Shelf[S]) -> None:
        shelf.places.release()
        self._leave(key, shelf)

    def _leave(self, key: bytes, shelf: _Shelf[S]) -> None:
        shelf.users -= 1
        if not shelf.users and not shelf.idle:
            self._shelves.pop(key, None)

    def _watch(self, key: bytes, shelf: _Shelf[S]) -> None:
        shelf.is_watched = True
        asyncio.get_running_loop().call_later(self._idle_seconds, self._expire, key, shelf)

    def _expire(self, key: bytes, shelf: _Shelf[S]) -> None:
        """Closes what nobody used for the idle time. The last used is taken first, so that old ones stay in front."""
        shelf.is_watched = False
        latest = time.monotonic() - self._idle_seconds
        while shelf.idle and shelf.idle[0][0] <= latest + 0.001:
            task = asyncio.get_running_loop().create_task(_closed(shelf.idle.popleft()[1]))
            self._tidying.add(task)
            task.add_done_callback(self._tidying.discard)
        if shelf.idle:
            self._watch(key, shelf)
        elif not shelf.users:
            self._shelves.pop(key, None)


async def _closed(session: Closable) -> None:
    try:
        async with asyncio.timeout(CLOSE_SECONDS):
            await session.close()
    except Exception as error:
        _log.info("a database connection did not close: %s", type(error).__name__)
