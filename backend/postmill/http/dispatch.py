"""From an ASGI message to a handler and back: the path of every request under ``/api``."""

import itertools
import logging
import secrets
import time
from collections.abc import Iterable
from functools import lru_cache
from typing import TYPE_CHECKING

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from postmill.http.call import Call
from postmill.http.client_address import ClientAddresses
from postmill.http.cross_site import open_headers, preflight_headers, require_own_site
from postmill.http.entry import admit
from postmill.http.errors import answer_to, problem
from postmill.http.request_in_hand import head_of, in_hand
from postmill.http.responses import Plain
from postmill.http.router import Match, Route, Router, allowed_methods
from postmill.identity.refusals import Refusals
from postmill.kernel.errors import NotAuthorized, PermissionDenied

if TYPE_CHECKING:
    from postmill.http.context import ServerContext
    from postmill.identity.callers import Callers

MAX_PATH_BYTES = 4096
MAX_QUERY_BYTES = 48 * 1024  # GET forms of run routes carry arguments here
MAX_HEADERS = 200
MAX_HEADER_BYTES = 64 * 1024
SLOW_SECONDS = 5.0

_access_log = logging.getLogger("postmill.http.access")
# Whatever a result says it is, a browser runs nothing of it with the rights of this site.
_SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'; sandbox"),
    (b"referrer-policy", b"no-referrer"),
]
# What browsers say they want an answer for: to run it, as a script of the page or apart from it.
_CODE_OF_PAGES = frozenset(
    {b"script", b"worker", b"sharedworker", b"serviceworker", b"audioworklet", b"paintworklet", b"xslt"}
)
_NO_STORE = (b"cache-control", b"no-store")
_ONLY_ITS_OWN = 2  # headers of a plain answer to which nobody has added any: type and length
_PREFIX = len("/api")


class Dispatcher:
    """An ASGI application for everything under ``/api``."""

    def __init__(self, context: "ServerContext", router: Router, callers: "Callers") -> None:
        self._context = context
        self._router = router
        self._callers = callers
        self._refusals = Refusals(context.pool)
        self._addresses = ClientAddresses(context.settings.trusted_proxies)
        self._numbers = itertools.count(1)
        self._run = secrets.token_hex(4)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        request_id = f"{self._run}-{next(self._numbers):x}"
        began = time.perf_counter()
        response = await self._respond(scope, receive, request_id)
        if type(response) is not Plain or not self._answer_at_once(response, scope, request_id):
            self._complete_headers(response, scope, request_id)
            try:
                await response(scope, receive, send)
            except Exception:
                # The status may be on its way already: the connection ends here, and the log says why.
                _access_log.exception("request %s broke off while it was answered", request_id)
                raise
        self._note(scope, response.status_code, time.perf_counter() - began, request_id)

    def _answer_at_once(self, response: Plain, scope: Scope, request_id: str) -> bool:
        """Sends an answer that has no headers of its own as one piece; False where that is not possible."""
        request = in_hand(scope)
        headers = response.raw_headers
        if request is None or len(headers) != _ONLY_ITS_OWN or self._context.settings.allowed_origins:
            return False
        body = bytes(response.body)
        head = b"%bcontent-length: %d\r\nx-request-id: %b\r\n" % (
            _head(response.status_code, headers[0]),
            len(body),
            request_id.encode(),
        )
        return request.answer(head, body)

    async def _respond(self, scope: Scope, receive: Receive, request_id: str) -> Response:
        try:
            refused = self._refuse_early(scope)
            if refused is not None:
                return refused
            match = self._router.find(scope["path"][_PREFIX:])
            if match is None:
                return problem(
                    404, f"Not found: there is no {scope['path'][:200]} in this API", _accept(scope)
                )
            route = match.routes.get(scope["method"]) or _as_get(match, scope["method"])
            if route is None:
                return self._other_method(scope, match)
            return await self._call(route, match, scope, receive, request_id)
        except Exception as error:
            return answer_to(error, _accept(scope), request_id)

    async def _call(
        self, route: Route, match: Match, scope: Scope, receive: Receive, request_id: str
    ) -> Response:
        call = Call(
            self._context,
            scope,
            receive,
            route.parameters(match.values),
            request_id,
            self._addresses.of(scope),
        )
        try:
            await admit(call, route.needs, self._callers)
            require_own_site(call, route.needs, self._context.settings)
            response = await route.handler(call)
        except (PermissionDenied, NotAuthorized):
            await self._refusals.note(call.subject, route.operation.id, self._loggable(scope["path"]))
            raise
        if route.needs.changes_rights:
            # Whoever changed them sees it in their next request; other servers hear it by notification.
            self._callers.forget("")
        return response

    def _refuse_early(self, scope: Scope) -> Response | None:
        if self._context.stopping:
            return problem(503, "This server is stopping; try again shortly", _accept(scope))
        if len(scope["path"]) > MAX_PATH_BYTES or len(scope["query_string"]) > MAX_QUERY_BYTES:
            return problem(414, "Bad request: the address is too long", "")
        headers = scope["headers"]
        if len(headers) > MAX_HEADERS or sum([len(value) for _, value in headers]) > MAX_HEADER_BYTES:
            return problem(431, "Bad request: the headers are too large", "")
        if _is_to_be_code(headers):
            return problem(403, "Permission denied: nothing of this API is code for a page to run", "")
        return None

    def _other_method(self, scope: Scope, match: Match) -> Response:
        if scope["method"] == "OPTIONS":
            response = Response(status_code=204)
            response.raw_headers.extend(preflight_headers(_header(scope, b"origin"), self._context.settings))
        else:
            text = (
                f"Bad request: {scope['method']} is not possible here, only {allowed_methods(match.routes)}"
            )
            response = problem(405, text, _accept(scope))
        response.raw_headers.append((b"allow", allowed_methods(match.routes).encode()))
        return response

    def _complete_headers(self, response: Response, scope: Scope, request_id: str) -> None:
        headers = response.raw_headers
        if type(response) is Plain or not any(name == b"cache-control" for name, _ in headers):
            headers.append(_NO_STORE)
        headers.extend(_SECURITY_HEADERS)
        headers.append((b"x-request-id", request_id.encode()))
        if self._context.settings.allowed_origins:
            headers.extend(open_headers(_header(scope, b"origin"), self._context.settings))

    def _note(self, scope: Scope, status: int, seconds: float, request_id: str) -> None:
        """One line per request where the level asks for it; the query is left out, because it may hold a token."""
        level = (
            logging.WARNING if status >= 500 else logging.DEBUG if seconds < SLOW_SECONDS else logging.INFO
        )
        if not _access_log.isEnabledFor(level):
            return
        _access_log.log(
            level,
            "%s %s %d",
            scope["method"],
            self._loggable(scope["path"]),
            status,
            extra={"request_id": request_id, "milliseconds": round(seconds * 1000, 2)},
        )

    def _loggable(self, path: str) -> str:
        """The path, or its pattern where a token stands in it."""
        match = self._router.find(path[_PREFIX:])
        for route in match.routes.values() if match is not None else ():
            if "token" in route.names:
                return route.operation.path
        return path


@lru_cache(maxsize=256)
def _head(status: int, content_type: tuple[bytes, bytes]) -> bytes:
    """What the heads of plain answers have in common."""
    return head_of(status, [content_type, _NO_STORE, *_SECURITY_HEADERS])


def _as_get(match: Match, method: str) -> Route | None:
    """HEAD asks for the headers of what GET would only read; the server leaves the body out."""
    route = match.routes.get("GET") if method == "HEAD" else None
    return route if route is not None and route.needs.action == "read" else None


def _is_to_be_code(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    """Whether a page wants to run the answer: it would have our origin, and results and files choose their type."""
    return any(name == b"sec-fetch-dest" and value in _CODE_OF_PAGES for name, value in headers)


def _header(scope: Scope, wanted: bytes) -> str | None:
    for name, value in scope["headers"]:
        if name == wanted:
            return str(value.decode("latin-1"))
    return None


def _accept(scope: Scope) -> str:
    return _header(scope, b"accept") or ""
