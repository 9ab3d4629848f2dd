"""A server process: the API and the web UI over HTTP, and the maintenance of the instance while it is the leader.

Runs under `up`, which hands settings and a listening socket over, or alone around a shared database.
"""

import asyncio
import signal
import socket
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace

import uvicorn
import uvloop

from postmill import maintenance
from postmill.http.app import create_app
from postmill.http.client_address import ClientAddresses
from postmill.http.context import ServerContext
from postmill.http.guarded_protocol import Doorkeeper, guarded_by
from postmill.identity.first_start import FirstAdmin, ensure_first_admin
from postmill.kernel.lasting import end, lasting
from postmill.kernel.settings import Settings
from postmill.launch.launcher import Launcher
from postmill.launch.waiters import Waiters
from postmill.main import handover
from postmill.main.garbage import settle
from postmill.main.listener import bound_port, listen
from postmill.main.log_output import log_to_stderr, sentences_for_failures
from postmill.main.protection import protect
from postmill.main.pulse import signs_of_life
from postmill.main.service_log import logged_for_all
from postmill.main.wiring import open_backbone
from postmill.queue.next_door import WorkerNextDoor
from postmill.queue.push import PushWriter

GRACE_SECONDS = 8
KEEP_ALIVE_SECONDS = 75
UPKEEP_ENDS_SECONDS = 3.0
SOCKET_MESSAGE_BYTES = 16 * 1024**2


def serve_alone(settings: Settings) -> None:
    """`postmill server`: serve until SIGTERM or SIGINT."""
    protect()
    log_to_stderr("server")
    listener = listen(settings.host, settings.port)
    uvloop.run(serve(replace(settings, port=bound_port(listener)), listener))


def serve_under_launcher() -> None:
    """The server that `up` starts."""
    protect()
    given = handover.receive()
    log_to_stderr("server")
    assert given.listener is not None
    with sentences_for_failures():
        next_door = None if given.next_door is None else socket.socket(fileno=given.next_door)
        uvloop.run(_serve_watched(given, socket.socket(fileno=given.listener), next_door))


async def _serve_watched(
    given: handover.Handover, listener: socket.socket, worker: socket.socket | None
) -> None:
    async with signs_of_life(given.pulse, given.settings.hang_seconds):
        await serve(given.settings, listener, worker)


async def serve(settings: Settings, listener: socket.socket, worker: socket.socket | None = None) -> None:
    """Serve on the listener until a signal asks to stop; ``worker`` leads to the worker under the same `up`."""
    async with server_context(settings, worker) as (context, first_admin):
        doorkeeper = Doorkeeper(
            settings.connections_per_address, ClientAddresses(settings.trusted_proxies).is_trusted
        )
        server = Server(
            uvicorn.Config(
                create_app(context),
                http=guarded_by(doorkeeper),
                ws="websockets-sansio",
                ws_max_size=SOCKET_MESSAGE_BYTES,
                ws_ping_interval=30.0,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=False,
                timeout_keep_alive=KEEP_ALIVE_SECONDS,
                timeout_graceful_shutdown=GRACE_SECONDS,
            ),
            context,
            first_admin,
        )
        await server.serve(sockets=[listener])


@asynccontextmanager
async def server_context(
    settings: Settings, worker: socket.socket | None = None
) -> AsyncIterator[tuple[ServerContext, FirstAdmin | None]]:
    """Everything long-lived of a server, closed in the reverse order."""
    backbone = await open_backbone(settings, "server")
    first_admin = await ensure_first_admin(backbone.pool, backbone.keyring, settings)
    waiters = Waiters(backbone.pool, backbone.notifications)
    next_door = None if worker is None else WorkerNextDoor(worker, waiters.tell)
    push_writer = PushWriter(
        backbone.pool,
        queue_limit=settings.queue_limit,
        database_url=backbone.database_url,
        next_door=next_door,
    )
    launcher = Launcher(backbone.pool, push_writer, backbone.notifications)
    context = ServerContext(
        settings,
        backbone.pool,
        backbone.notifications,
        backbone.keyring,
        launcher,
        waiters,
    )
    _ = context.objects  # settings that cannot be used end the start, with a sentence
    upkeep = asyncio.create_task(
        lasting("maintenance", lambda: maintenance.run(backbone, settings)), name="maintenance"
    )
    try:
        await backbone.notifications.settled()
        async with logged_for_all(backbone.pool, "server"):
            yield context, first_admin
    finally:
        await end([upkeep], UPKEEP_ENDS_SECONDS)
        await context.close()
        await push_writer.close()
        if next_door is not None:
            next_door.close()
        await backbone.close()


class Server(uvicorn.Server):
    """uvicorn that tells the launcher when it is ready, and the application when it stops."""

    def __init__(
        self, config: uvicorn.Config, context: ServerContext, first_admin: FirstAdmin | None
    ) -> None:
        super().__init__(config)
        self._context = context
        self._first_admin = first_admin

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        settle()
        made = self._first_admin
        handover.report(handover.Report(made.email, made.password) if made else handover.Report())

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for signal_number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(signal_number, self._stop)
        yield

    def _stop(self) -> None:
        self._context.stopping = True
        self._context.waiters.close()
        self.force_exit = self.should_exit
        self.should_exit = True


if __name__ == "__main__":
    serve_under_launcher()
