"""`postmill up`: everything on one machine. A supervisor over PostgreSQL, one server process and one worker process.

Order of the start: hold the data directory, bind the port, start the processes (they import while PostgreSQL starts),
start PostgreSQL, hand the settings over, wait for the server's word and, for a while, for the worker's. Order of the
end: the worker (its jobs may still call the API), the server, PostgreSQL.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
import webbrowser
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, replace

from postmill.db.embedded import EmbeddedPostgres
from postmill.kernel.errors import PostmillError
from postmill.kernel.pauses import delay_seconds
from postmill.kernel.settings import Settings
from postmill.main.child import Child
from postmill.main.data_lock import data_directory
from postmill.main.handover import Handover, Report
from postmill.main.listener import bound_port, listen
from postmill.main.log_output import log_to_stderr

SERVER_GRACE_SECONDS = 10.0
WORKER_MARGIN_SECONDS = 10.0
WORKER_PATIENCE_SECONDS = 30.0
"""Longer than a worker takes to find out that it cannot isolate jobs."""

_log = logging.getLogger(__name__)


class StartFailed(PostmillError):
    """Something that is needed did not start; its own words stand above."""


def up(settings: Settings, *, open_browser: bool) -> None:
    """Run until SIGTERM or SIGINT; raises PostmillError with a sentence when it cannot start."""
    log_to_stderr("up")
    with data_directory(settings.data_dir):
        listener = listen(settings.host, settings.port)
        settings = replace(settings, data_dir=settings.data_dir.resolve(), port=bound_port(listener))
        asyncio.run(Supervisor(settings, listener).run(open_browser=open_browser))


@dataclass
class _Stop:
    """The wish to end; a second signal means: at once."""

    asked: asyncio.Event
    hurry: asyncio.Event

    def signal(self) -> None:
        (self.hurry if self.asked.is_set() else self.asked).set()


class Supervisor:
    """The three processes of one machine."""

    def __init__(self, settings: Settings, listener: socket.socket) -> None:
        self._settings = settings
        self._listener = listener
        external = settings.database_url is not None
        self._postgres = (
            None if external else EmbeddedPostgres(settings.data_dir, binaries=settings.postgres_bin)
        )
        # Kept open here, so that it outlives both: whichever process is started again finds the other on it.
        self._server_end, self._worker_end = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._server = Child(
            "server", "postmill.main.server", cwd=settings.data_dir,
            inherited=(listener.fileno(), self._server_end.fileno()), hang_seconds=settings.hang_seconds,
        )  # fmt: skip
        self._worker = Child(
            "worker", "postmill.main.worker", cwd=settings.data_dir,
            inherited=(self._worker_end.fileno(),), hang_seconds=settings.hang_seconds,
        )  # fmt: skip
        self._stop = _Stop(asyncio.Event(), asyncio.Event())
        self._stopping_postgres = False

    async def run(self, *, open_browser: bool) -> None:
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            loop.add_signal_handler(signal_number, self._stop.signal)
        watching: list[asyncio.Task[None]] = []
        try:
            report = await self._until_stopped(self._start())
            if report is not None:
                announce(self._settings, report, open_browser=open_browser)
                watching = self._watch()
                await self._stop.asked.wait()
        finally:
            await self._end(watching)

    async def _start(self) -> Report:
        await self._server.launch()
        await self._worker.launch()
        if self._postgres is not None:
            self._settings = replace(
                self._settings,
                database_url=await self._postgres.start(),
                object_store=self._settings.object_store or f"file://{self._settings.data_dir / 'objects'}",
            )
        self._server.hand_over(self._server_handover())
        self._worker.hand_over(self._worker_handover())
        report = await self._server.ready()
        if report is None:
            raise StartFailed("the server ended while it was starting; its own words stand above")
        await self._wait_for_worker()
        return report

    async def _wait_for_worker(self) -> None:
        """Until it takes jobs; raises StartFailed where it never will. One that is slow or ended is only waited for."""
        try:
            async with asyncio.timeout(WORKER_PATIENCE_SECONDS):
                report = await self._worker.ready()
        except TimeoutError:
            _log.warning("the worker takes long to start; jobs wait for it")
            return
        if report is not None and report.trouble is not None:
            raise StartFailed(
                f"no job could run: {report.trouble}. To go on without isolation: postmill up --isolation none"
            )

    async def _until_stopped(self, start: Coroutine[None, None, Report]) -> Report | None:
        starting = asyncio.create_task(start)
        stopped = asyncio.create_task(self._stop.asked.wait())
        await asyncio.wait({starting, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if starting.done():
            return starting.result()
        starting.cancel()
        with suppress(asyncio.CancelledError):
            await starting
        return None

    def _watch(self) -> list[asyncio.Task[None]]:
        tasks = [
            asyncio.create_task(self._server.keep_running(self._server_handover)),
            asyncio.create_task(self._worker.keep_running(self._worker_handover)),
        ]
        if self._postgres is not None:
            tasks.append(asyncio.create_task(self._keep_postgres(self._postgres)))
        return tasks

    def _server_handover(self) -> Handover:
        return Handover(
            self._settings, os.getpid(), listener=self._listener.fileno(), next_door=self._server_end.fileno()
        )

    def _worker_handover(self) -> Handover:
        return Handover(self._settings, os.getpid(), next_door=self._worker_end.fileno())

    async def _keep_postgres(self, postgres: EmbeddedPostgres) -> None:
        """Start PostgreSQL again when it ends; servers and workers connect again by themselves."""
        attempt = 0
        while True:
            status = await postgres.wait()
            if self._stopping_postgres:
                return
            _log.error("PostgreSQL ended with status %d; it starts again", status)
            while True:
                try:
                    await postgres.start()
                    attempt = 0
                    break
                except Exception as error:
                    # Its former processes may still hold the shared memory for a moment.
                    _log.error("PostgreSQL does not start: %s", error)
                    await asyncio.sleep(delay_seconds(attempt, 0.5))
                    attempt += 1

    async def _end(self, watching: list[asyncio.Task[None]]) -> None:
        hurrying = asyncio.create_task(self._hurry())
        await self._worker.stop(self._settings.drain_seconds + WORKER_MARGIN_SECONDS)
        await self._server.stop(SERVER_GRACE_SECONDS)
        self._stopping_postgres = True
        if self._postgres is not None:
            await self._postgres.stop()
        for task in (hurrying, *watching):
            task.cancel()
        await asyncio.gather(hurrying, *watching, return_exceptions=True)
        self._listener.close()

    async def _hurry(self) -> None:
        await self._stop.hurry.wait()
        self._worker.kill()
        self._server.kill()


def announce(settings: Settings, report: Report, *, open_browser: bool) -> None:
    """Say where the platform is, and on the first start who may sign in."""
    lines = [""]
    if report.admin_email is not None:
        lines.append(f"  First administrator: {report.admin_email}")
    if report.admin_password is not None:
        lines.append(f"  Password:            {report.admin_password}   (shown this once)")
    lines.append(f"  Postmill is ready:   {settings.public_url}")
    print("\n".join([*lines, ""]), flush=True)
    if open_browser and sys.stdout.isatty() and _has_display():
        webbrowser.open(settings.public_url)


def _has_display() -> bool:
    return sys.platform == "darwin" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
