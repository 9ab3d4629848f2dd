"""A MariaDB of Debian's package on loopback, in a temporary folder that is gone afterwards."""

import asyncio
import getpass
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import asyncmy

PASSWORD = "a-password-of-mariadb"
PLACES = "/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin"


def _program(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path=PLACES)
    assert found, f"{name} is missing: install mariadb-server (`./dev test` does, on Debian as root)"
    return found


@contextmanager
def _kept_port() -> Iterator[int]:
    """A port that nobody else is given meanwhile; who names it may listen on it."""
    with socket.socket() as keeper:
        keeper.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        keeper.bind(("127.0.0.1", 0))
        yield int(keeper.getsockname()[1])


async def _call(*command: str) -> None:
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said, _ = await process.communicate()
    assert process.returncode == 0, said.decode()


@asynccontextmanager
async def mariadb_server() -> AsyncIterator[dict[str, Any]]:
    """The value of a ``mysql`` resource of a fresh database, for a user who may do everything in it."""
    with _kept_port() as port:
        async with _server_on(port) as database:
            yield database


@asynccontextmanager
async def _server_on(port: int) -> AsyncIterator[dict[str, Any]]:
    folder = Path(tempfile.mkdtemp(prefix="postmill-mariadb-"))
    user = f"--user={getpass.getuser()}"
    # A server that starts removes what others have in the same folder for temporary files.
    temporary = folder / "temporary"
    temporary.mkdir()
    place = (f"--datadir={folder}/data", f"--tmpdir={temporary}")
    await _call(
        _program("mariadb-install-db"), "--no-defaults", user, *place,
        "--auth-root-authentication-method=normal", "--skip-test-db",
    )  # fmt: skip
    server = await asyncio.create_subprocess_exec(
        _program("mariadbd"), "--no-defaults", user, *place, f"--socket={folder}/s.sock",
        f"--pid-file={folder}/pid", "--bind-address=127.0.0.1", f"--port={port}", "--skip-log-bin",
        "--innodb-buffer-pool-size=32M", "--innodb-flush-log-at-trx-commit=0",
        stderr=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        assert server.stderr is not None
        said = b""
        async with asyncio.timeout(120):
            while b"ready for connections" not in said:
                line = await server.stderr.readline()
                assert line, said.decode()
                said += line
        drain = asyncio.create_task(server.stderr.read())
        root = await asyncmy.connect(host="127.0.0.1", port=port, user="root", password="", autocommit=True)
        async with root.cursor() as cursor:
            await cursor.execute("CREATE DATABASE scripts CHARACTER SET utf8mb4")
            await cursor.execute(f"CREATE USER writer@'127.0.0.1' IDENTIFIED BY '{PASSWORD}'")
            await cursor.execute("GRANT ALL ON scripts.* TO writer@'127.0.0.1'")
            await cursor.execute("GRANT PROCESS ON *.* TO writer@'127.0.0.1'")
        root.close()
        yield {
            "host": "127.0.0.1",
            "port": port,
            "user": "writer",
            "password": PASSWORD,
            "database": "scripts",
        }
        server.terminate()
        await drain
    finally:
        if server.returncode is None:
            server.kill()
        await server.wait()
        shutil.rmtree(folder, ignore_errors=True)
