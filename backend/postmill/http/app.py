"""The ASGI application: the API under ``/api``, the web UI everywhere else."""

from typing import TYPE_CHECKING

from starlette.types import ASGIApp, Receive, Scope, Send

from postmill.http.api import OPERATIONS
from postmill.http.call import CALLERS
from postmill.http.dispatch import Dispatcher
from postmill.http.flow_parts import FLOW_LAUNCHER
from postmill.http.router import Router
from postmill.http.sockets import Sockets
from postmill.http.static import WebUi

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
    callers = CALLERS.of(context)
    FLOW_LAUNCHER.of(context)  # hears of deployments before the first request comes
    context.operations = OPERATIONS
    router = Router(OPERATIONS)
    return Application(Dispatcher(context, router, callers), WebUi(), Sockets(context, router, callers))
