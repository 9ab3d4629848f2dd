"""The embedded PostgreSQL: make a cluster, start it, notice its end, stop it.

One launcher process owns a data directory at a time (`main.up` holds the lock). The server listens on a Unix socket
in a directory that only the owner may enter, asks for a random password all the same, and ends with its launcher.
"""

import asyncio
import hashlib
import logging
import os
import secrets
import shutil
import signal
import sys
import tempfile
from asyncio.subprocess import Process
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, urlencode

from postmill.db.postgres_binaries import PostgresBinaries, find_postgres
from postmill.db.postgres_identity import NOBODY, PostgresIdentity, choose_identity, give_to
from postmill.kernel.errors import PostmillError

USER = "postmill"
DATABASE = "postmill"
PORT = 5432  # only a part of the socket's name: nothing listens on the network
START_SECONDS = 60.0
STOP_SECONDS = 30.0
LOOK_EVERY_SECONDS = 0.005
LOG_BYTES = 10 * 1024**2
LONGEST_SOCKET_FOLDER = 90  # a socket's path may have 107 characters, its name takes 15 of them

SERVER_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "password_encryption": "scram-sha-256",
    # Memory is for the scripts: small shared buffers, few helpers.
    "max_connections": "60",
    "shared_buffers": "64MB",
    "effective_cache_size": "512MB",
    "work_mem": "8MB",
    "huge_pages": "off",
    "max_parallel_workers_per_gather": "0",
    "max_logical_replication_workers": "0",
    "autovacuum_max_workers": "2",
    "autovacuum_naptime": "10s",
    # Nobody copies this cluster by replication.
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "1GB",
    "checkpoint_timeout": "15min",
    # A commit that was answered has reached the disk.
    "fsync": "on",
    "full_page_writes": "on",
    "synchronous_commit": "on",
    "deadlock_timeout": "200ms",
    "jit": "off",
    "random_page_cost": "1.1",
    "log_checkpoints": "off",
    "log_timezone": "UTC",
    "timezone": "UTC",
}

_log = logging.getLogger(__name__)


class EmbeddedPostgresFailed(PostmillError):
    """The embedded PostgreSQL does not start."""


class EmbeddedPostgres:
    """One cluster in ``<data_dir>/postgres``; not to be used by two processes at once."""

    def __init__(self, data_dir: Path, *, binaries: Path | None = None) -> None:
        self._data_dir = data_dir
        self._cluster = data_dir / "postgres"
        self._password_file = data_dir / "postgres.password"
        self._marker = data_dir / "postgres.database"  # that the cluster holds the database
        self._log_file = data_dir / "postgres.log"
        self._sockets = socket_folder(data_dir)
        self._chosen_binaries = binaries
        self._process: Process | None = None
        self._installed: tuple[PostgresBinaries, PostgresIdentity] | None = None

    @property
    def process_id(self) -> int | None:
        """The pid of the running server, None when it does not run."""
        running = self._process is not None and self._process.returncode is None
        return self._process.pid if running and self._process else None

    @property
    def database_url(self) -> str:
        """Where the database is, password included: never for an argument vector or a job's environment."""
        return self._url(DATABASE)

    async def start(self) -> str:
        """Make the cluster on the first start, start the server and return the database URL once it answers.

        Raises EmbeddedPostgresFailed with the end of the server's log.
        """
        binaries, identity = self._find_installation()
        self._make_folders(identity)
        await self._end_predecessor()
        if not (self._cluster / "PG_VERSION").exists():
            await self._create_cluster(binaries, identity)
        self._require_same_version(binaries)
        give_to(self._cluster, identity.owner)
        self._process = await self._launch(binaries, identity)
        await self._wait_until_ready(self._process)
        await self._ensure_database()
        return self.database_url

    async def wait(self) -> int:
        """Wait for the server's end, wished or not; returns its exit status."""
        if self._process is None:
            raise EmbeddedPostgresFailed("the embedded PostgreSQL was not started")
        return await self._process.wait()

    async def stop(self) -> None:
        """Shut down fast and clean: open transactions are rolled back, everything committed is on disk."""
        process = self._process
        if process is None or process.returncode is not None:
            return
        # SIGINT is the fast shutdown, SIGQUIT the immediate one, after which the next start recovers from the log.
        for signal_number in (signal.SIGINT, signal.SIGQUIT):
            with suppress(ProcessLookupError):
                process.send_signal(signal_number)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
                return
        process.kill()
        await process.wait()

    def _find_installation(self) -> tuple[PostgresBinaries, PostgresIdentity]:
        if self._installed is None:
            binaries = find_postgres(self._chosen_binaries)
            self._installed = binaries, choose_identity(binaries.postgres)
        return self._installed

    def _make_folders(self, identity: PostgresIdentity) -> None:
        for folder in (self._data_dir, self._sockets):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self._sockets.stat().st_uid not in (os.geteuid(), NOBODY):
            raise EmbeddedPostgresFailed(f"{self._sockets} belongs to another user")
        give_to(self._sockets, identity.owner)
        # A stranger has to pass through, and so do our own processes, which gave up root's powers, to its socket.
        for folder in (self._data_dir, self._sockets):
            folder.chmod(0o711 if identity.is_stranger else 0o700)

    async def _create_cluster(self, binaries: PostgresBinaries, identity: PostgresIdentity) -> None:
        """Make a new cluster beside its place and move it there whole, so that a broken attempt leaves nothing.

        What is made is written without waiting for the disk, which is waited for once, before the move: a power
        failure finds either no cluster in its place or all of it.
        """
        with tempfile.TemporaryDirectory(dir=self._data_dir, prefix="new-postgres-") as name:
            workplace = Path(name)
            cluster = workplace / "postgres"
            password_file = workplace / "password"
            password_file.touch(mode=0o600)
            password_file.write_text(self._make_password())
            give_to(workplace, identity.owner)
            await _initdb(
                binaries, identity, workplace,
                *("-D", cluster, "-U", USER, "--pwfile", password_file, "--no-sync"),
                *("-E", "UTF8", "--auth", "scram-sha-256", *_locale_options(binaries.major)),
            )  # fmt: skip
            await _create_database(cluster, binaries, identity)
            await _initdb(
                binaries, identity, workplace, "-D", cluster, "--sync-only", *_sync_options(binaries.major)
            )
            cluster.rename(self._cluster)
            self._marker.touch(mode=0o600)
        for kept in (self._password_file, self._data_dir, self._data_dir.parent):
            _reach_disk(kept)

    def _make_password(self) -> str:
        # A password of an attempt that did not get as far as its cluster is used again.
        if not self._password_file.exists():
            descriptor = os.open(self._password_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
        return self._password_file.read_text().strip()

    def _require_same_version(self, binaries: PostgresBinaries) -> None:
        made_by = (self._cluster / "PG_VERSION").read_text().strip()
        if made_by != str(binaries.major):
            raise EmbeddedPostgresFailed(
                f"{self._cluster} was made by PostgreSQL {made_by}, but PostgreSQL {binaries.major} is installed; "
                f"name a folder of PostgreSQL {made_by} in POSTMILL_POSTGRES_BIN, or dump and restore"
            )

    async def _launch(self, binaries: PostgresBinaries, identity: PostgresIdentity) -> Process:
        settings = {**SERVER_SETTINGS, "unix_socket_directories": _quoted_folder(self._sockets)}
        if identity.is_stranger:
            settings["unix_socket_permissions"] = "0777"  # the password is what keeps others out
        if binaries.major >= 18:
            settings["io_method"] = "sync"  # three helper processes less
        if self._log_file.exists() and self._log_file.stat().st_size > LOG_BYTES:
            self._log_file.replace(self._log_file.with_suffix(".log.1"))
        with self._log_file.open("ab") as log:
            return await asyncio.create_subprocess_exec(
                binaries.postgres,
                *("-D", self._cluster, "-p", str(PORT)),
                *(f"--{name}={value}" for name, value in settings.items()),
                preexec_fn=identity.prepare,
                env=_environment(),
                cwd=self._cluster,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )

    async def _wait_until_ready(self, process: Process) -> None:
        """The server says ``ready`` in the eighth line of its pid file."""
        deadline = asyncio.get_running_loop().time() + START_SECONDS
        while _status(self._cluster, process.pid) != "ready":
            if process.returncode is not None:
                raise EmbeddedPostgresFailed(f"the embedded PostgreSQL ended at once: {self._log_end()}")
            if asyncio.get_running_loop().time() > deadline:
                await self.stop()
                raise EmbeddedPostgresFailed(
                    f"the embedded PostgreSQL was not ready within {START_SECONDS:.0f} s: {self._log_end()}"
                )
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    def _log_end(self) -> str:
        return self._log_file.read_text(errors="replace").strip()[-2000:]

    async def _ensure_database(self) -> None:
        """Makes the database where it was not made together with the cluster."""
        if self._marker.exists():
            return
        import asyncpg  # 3 MB that the supervisor needs in no other case

        connection = await asyncpg.connect(self._url("postgres"))
        try:
            with suppress(asyncpg.DuplicateDatabaseError):
                await connection.execute(f"CREATE DATABASE {DATABASE}")
        finally:
            await connection.close()
        self._marker.touch(mode=0o600)

    async def _end_predecessor(self) -> None:
        """Wait for a server that is still shutting down after its launcher was killed."""
        process_id = _recorded_process(self._cluster)
        if process_id is None:
            return
        if not _serves(process_id, self._cluster):
            # The pid belongs to somebody else by now, which PostgreSQL itself could not tell.
            (self._cluster / "postmaster.pid").unlink(missing_ok=True)
            return
        deadline = asyncio.get_running_loop().time() + STOP_SECONDS
        os.kill(process_id, signal.SIGINT)
        while _serves(process_id, self._cluster):
            if asyncio.get_running_loop().time() > deadline:
                raise EmbeddedPostgresFailed(
                    f"another PostgreSQL (process {process_id}) still uses {self._cluster} and does not end"
                )
            await asyncio.sleep(LOOK_EVERY_SECONDS)

    def _url(self, database: str) -> str:
        password = self._password_file.read_text().strip()
        place = urlencode({"host": str(self._sockets), "port": PORT})
        return f"postgresql://{USER}:{quote(password, safe='')}@/{database}?{place}"


async def _initdb(
    binaries: PostgresBinaries, identity: PostgresIdentity, workplace: Path, *arguments: str | Path
) -> None:
    """Raises EmbeddedPostgresFailed with what it said."""
    process = await asyncio.create_subprocess_exec(
        binaries.initdb,
        *arguments,
        preexec_fn=identity.prepare,
        env=_environment(),
        cwd=workplace,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate()
    if process.returncode != 0:
        raise EmbeddedPostgresFailed(f"initdb failed: {said.decode(errors='replace').strip()[-2000:]}")


async def _create_database(cluster: Path, binaries: PostgresBinaries, identity: PostgresIdentity) -> None:
    """Makes the database of a new cluster, which nobody else uses yet, without a server."""
    process = await asyncio.create_subprocess_exec(
        binaries.postgres,
        *("--single", "-D", cluster, "-c", "fsync=off", "postgres"),
        preexec_fn=identity.prepare,
        env=_environment(),
        cwd=cluster,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.PIPE,
    )
    _, said = await process.communicate(f"CREATE DATABASE {DATABASE}\n".encode())
    if process.returncode != 0 or b"ERROR:" in said:
        words = said.decode(errors="replace").strip()[-2000:]
        raise EmbeddedPostgresFailed(f"the database could not be made: {words}")


def socket_folder(data_dir: Path) -> Path:
    """``<data_dir>/run``, or a short folder of the same owner where that path is too long for a socket."""
    inside = data_dir.resolve() / "run"
    if len(os.fsencode(inside)) <= LONGEST_SOCKET_FOLDER:
        return inside
    digest = hashlib.sha256(os.fsencode(inside)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"postmill-{os.geteuid()}-{digest}"


def existing_database_url(data_dir: Path) -> str:
    """Where the database of a data directory is while its server runs; raises OSError where there is none."""
    return EmbeddedPostgres(data_dir.resolve()).database_url


def remove_cluster(data_dir: Path) -> None:
    """Remove a cluster that is stopped, with its socket folder: for temporary ones."""
    shutil.rmtree(data_dir, ignore_errors=True)
    shutil.rmtree(socket_folder(data_dir), ignore_errors=True)


def _locale_options(major: int) -> tuple[str, ...]:
    if major >= 17:
        return ("--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8")
    return ("--locale=C.UTF-8",)


def _sync_options(major: int) -> tuple[str, ...]:
    """One call for the whole file system takes 0.04 s, one for each of 1,272 files 0.14 s."""
    return ("--sync-method=syncfs",) if major >= 17 and sys.platform == "linux" else ()


def _reach_disk(path: Path) -> None:
    """What the file holds, or which names the folder holds, outlives a power failure."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _environment() -> dict[str, str]:
    return {"PATH": os.defpath, "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "TZ": "UTC"}


def _quoted_folder(folder: Path) -> str:
    return '"' + str(folder).replace('"', '""') + '"'


def _pid_file_lines(cluster: Path) -> list[str]:
    try:
        return (cluster / "postmaster.pid").read_text().splitlines()
    except OSError:
        return []


def _status(cluster: Path, process_id: int) -> str | None:
    lines = _pid_file_lines(cluster)
    if len(lines) < 8 or lines[0].strip() != str(process_id):
        return None
    return lines[7].strip()


def _recorded_process(cluster: Path) -> int | None:
    lines = _pid_file_lines(cluster)
    return int(lines[0]) if lines and lines[0].strip().isdigit() else None


def _serves(process_id: int, cluster: Path) -> bool:
    try:
        return Path(f"/proc/{process_id}/cwd").readlink() == cluster.resolve()
    except OSError:
        return False
