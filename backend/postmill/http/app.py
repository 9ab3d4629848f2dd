"""The ASGI application: the API under ``/api``, the web UI everywhere else."""

from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from postmill.http.api import OPERATIONS
from postmill.http.dispatch import Dispatcher
from postmill.http.router import Router
from postmill.http.sockets import Sockets
from postmill.http.static import WebUi
from postmill.identity.callers import Callers
from postmill.queue.running import find_running_job

if TYPE_CHECKING:
    from postmill.http.context import ServerContext


class Application:
    """Chooses between API and UI by the first part of the path; answers the server's life-cycle messages."""

    def __init__(self, api: ASGIApp, ui: ASGIApp, sockets: ASGIApp) -> None:
        self._api = api
        self._ui = ui
        self._sockets = sockets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        kind = scope["type"]
        if kind == "http":
            path = scope["path"]
            chosen = self._api if path.startswith("/api/") or path == "/api" else self._ui
            await chosen(scope, receive, send)
        elif kind == "lifespan":
            await _live(receive, send)
        elif kind == "websocket":
            await self._sockets(scope, receive, send)


async def _live(receive: Receive, send: Send) -> None:
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return


def create_app(context: "ServerContext") -> Application:
    """The application of a server; raises ValueError for an operation that is not declared soundly."""
    callers = Callers(context.pool, context.keyring, context.notifications, find_running_job, context.clock)
    context.extras["callers"] = callers
    context.extras["operations"] = OPERATIONS
    router = Router(OPERATIONS)
    return Application(Dispatcher(context, router, callers), WebUi(), Sockets(context, router, callers))
