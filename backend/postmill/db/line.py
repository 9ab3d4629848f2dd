"""A connection of somebody's own: always the same one, so that its plans and the server's caches stay warm.

A pool costs a search, a reset and a look at every use; who speaks to the database all the time has a line.
"""

import asyncio
from collections.abc import Awaitable
from typing import TYPE_CHECKING, Any, Protocol

import asyncpg

from postmill.db.pool import close_one, connect_one

if TYPE_CHECKING:
    OwnConnection = asyncpg.Connection[asyncpg.Record]


class Line:
    """One connection, opened when needed and again after it was lost. Not shared by tasks.

    ``settings`` is SQL that each new connection begins with.
    """

    def __init__(self, database_url: str, application_name: str, settings: str) -> None:
        self._database_url = database_url
        self._application_name = application_name
        self._settings = settings
        self._connection: OwnConnection | None = None

    async def open(self) -> "OwnConnection":
        """The connection, ready for a statement. Raises as the driver does when there is none to be had."""
        if self._connection is None or self._connection.is_closed():
            connection = await connect_one(self._database_url, application_name=self._application_name)
            try:
                await connection.execute(self._settings)
            except BaseException:
                connection.terminate()
                raise
            self._connection = connection
        return self._connection

    async def close(self) -> None:
        """Never raises because the database is gone."""
        connection, self._connection = self._connection, None
        if connection is not None and not connection.is_closed():
            await close_one(connection)

    def drop(self) -> None:
        """Forgets a connection that failed, so that the next use opens another."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.terminate()


class Fetches(Protocol):
    """What runs single statements: a pool, one connection, or lines."""

    def fetchrow(self, query: str, *args: Any) -> "Awaitable[asyncpg.Record | None]": ...


class Lines:
    """A few lines for the short statements of many tasks: whoever comes takes the one that was used last."""

    def __init__(self, database_url: str, application_name: str, settings: str, most: int) -> None:
        self._lines = [Line(database_url, application_name, settings) for _ in range(most)]
        self._free = list(reversed(self._lines))
        self._waiting = asyncio.Semaphore(most)

    async def fetchrow(self, query: str, *args: Any) -> "asyncpg.Record | None":
        """Runs one statement, in a transaction of its own. A line whose statement was broken off is opened anew."""
        async with self._waiting:
            line = self._free.pop()
            try:
                return await (await line.open()).fetchrow(query, *args)
            except asyncpg.PostgresError:
                raise
            except BaseException:
                line.drop()
                raise
            finally:
                self._free.append(line)

    async def close(self) -> None:
        for line in self._lines:
            await line.close()
