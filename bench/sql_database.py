"""A PostgreSQL that SQL scripts reach over loopback, in a folder that is gone afterwards."""

import shutil
import socket
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from postmill.db import embedded


@asynccontextmanager
async def sql_database() -> AsyncIterator[dict[str, Any]]:
    """The value of a ``postgresql`` resource. The platform's own database listens on no port; this one does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        embedded.PORT = probe.getsockname()[1]
    embedded.SERVER_SETTINGS["listen_addresses"] = "127.0.0.1"
    folder = Path(tempfile.mkdtemp(prefix="postmill-bench-sql-"))
    server = embedded.EmbeddedPostgres(folder)
    await server.start()
    try:
        parts = urlsplit(server.database_url)
        yield {
            "host": "127.0.0.1",
            "port": embedded.PORT,
            "user": parts.username,
            "password": parts.password,
            "dbname": parts.path.lstrip("/"),
            "sslmode": "disable",
        }
    finally:
        await server.stop()
        embedded.remove_cluster(folder)
        shutil.rmtree(folder, ignore_errors=True)
