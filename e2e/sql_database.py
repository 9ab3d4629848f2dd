"""A PostgreSQL for scripts, reached over a loopback port, for tests that are not asynchronous themselves."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from postmill.db.embedded import EmbeddedPostgres, remove_cluster
from tests.tcp_door import tcp_door


@contextlib.contextmanager
def sql_database(folder: Path) -> Iterator[dict[str, Any]]:
    """The value of a ``postgresql`` resource; server and port live in a thread of their own."""
    ready, done = threading.Event(), asyncio.Event()
    loop = asyncio.new_event_loop()
    found: dict[str, Any] = {}

    async def serve() -> None:
        server = EmbeddedPostgres(folder)
        await server.start()
        try:
            async with tcp_door(server.database_url) as (_, database):
                found.update(database)
                ready.set()
                await done.wait()
        finally:
            await server.stop()
            remove_cluster(folder)

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(60)
        yield found
    finally:
        loop.call_soon_threadsafe(done.set)
        thread.join(60)
        loop.close()
