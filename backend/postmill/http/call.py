"""One request, as a handler sees it: who asks, for what, with which parameters."""

import asyncio
from collections.abc import AsyncIterator
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from starlette.types import Receive, Scope

from postmill.access.paths import MAX_PATH_LENGTH, ItemPath
from postmill.http.context import Part
from postmill.http.json_depth import require_shallow
from postmill.http.request_in_hand import in_hand
from postmill.identity.callers import Callers
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, TooLarge
from postmill.model.subject import ANONYMOUS, Subject
from postmill.queue.running import find_running_job

if TYPE_CHECKING:
    from postmill.http.context import ServerContext

T = TypeVar("T")

MAX_QUERY_PARAMETERS = 200
KNOWN_QUERY_BYTES = 256
BODY_IDLE_SECONDS = 30.0
CALLERS = Part(
    lambda context: Callers(
        context.pool, context.keyring, context.notifications, find_running_job, context.clock
    )
)


class SlowClient(TooLarge):
    """The body did not arrive in time. (408)"""


class Call:
    """A request whose caller is known and let in; everything else is read when asked for."""

    __slots__ = (
        "_body",
        "_gone",
        "_headers",
        "_raw_headers",
        "_receive",
        "address",
        "context",
        "path_params",
        "request_id",
        "scope",
        "subject",
        "token",
        "token_source",
        "workspace",
    )

    def __init__(
        self,
        context: "ServerContext",
        scope: Scope,
        receive: Receive,
        path_params: dict[str, str],
        request_id: str,
        address: str | None,
    ) -> None:
        self.context = context
        self.scope = scope
        self.path_params = path_params
        self.workspace = path_params.get("workspace", "")
        self.request_id = request_id
        self.address = address
        self.subject: Subject = ANONYMOUS
        self.token: str | None = None
        self.token_source: str | None = None
        self._receive = receive
        self._raw_headers: dict[bytes, bytes] | None = None
        self._headers: dict[str, str] | None = None
        self._body: bytes | None = None
        self._gone = False

    @property
    def callers(self) -> Callers:
        """Who holds which token."""
        return CALLERS.of(self.context)

    @property
    def method(self) -> str:
        return str(self.scope["method"])

    @property
    def by_cookie(self) -> bool:
        """Whether a browser sent the token by itself."""
        return self.token_source == "cookie"  # noqa: S105 - a place, not a token

    @property
    def headers(self) -> dict[str, str]:
        """The request's headers by lower-case name; of a repeated one, the last."""
        if self._headers is None:
            self._headers = {
                name.decode("latin-1"): value.decode("latin-1") for name, value in self.scope["headers"]
            }
        return self._headers

    def header(self, name: bytes) -> bytes | None:
        """One header as it was sent, by its lower-case name; of a repeated one, the first."""
        if self._raw_headers is None:
            self._raw_headers = dict(reversed(self.scope["headers"]))
        return self._raw_headers.get(name)

    @property
    def content_type(self) -> str:
        """The media type of the body, lower case and without parameters; empty when none is given."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()

    @property
    def raw_query(self) -> str:
        """The query string as it was sent."""
        return str(self.scope["query_string"].decode("latin-1"))

    def query_pairs(self) -> list[tuple[str, str]]:
        """The decoded parameters in their order; raises InvalidInput for too many or undecodable ones."""
        return _pairs(self.scope["query_string"])

    def query(self, kind: type[T]) -> T:
        """The query as a Struct; unknown parameters are ignored, repeated ones fill lists.

        Raises InvalidInput that names the parameter at fault.
        """
        raw = self.scope["query_string"]
        may_share = kind.__struct_config__.frozen  # type: ignore[attr-defined]
        if may_share and len(raw) <= KNOWN_QUERY_BYTES and b"token" not in raw:
            known: T = _known_query(raw, kind)
            return known
        return _query(raw, kind)

    def raw_path(self, name: str = "path") -> str:
        """A path parameter of any form: without the extra leading slash, control characters or excessive length."""
        value = self.path_params[name].removeprefix("/")
        if len(value) > 2 * MAX_PATH_LENGTH:
            raise InvalidInput(f"Bad request: {name} has more than {2 * MAX_PATH_LENGTH} characters")
        if not value.isprintable():
            raise InvalidInput(f"Bad request: {name} holds control characters")
        return value

    def path(self, name: str = "path") -> str:
        """A path parameter; ``path`` itself must be the well-formed path of an object. Raises InvalidInput."""
        value = self.raw_path(name)
        return ItemPath.parse(value).text if name == "path" else value

    async def raw_body(self) -> bytes:
        """The whole body; raises TooLarge beyond the server's limit before it is taken in."""
        if self._body is None:
            self._body = await self._read_body(self.context.settings.max_body_bytes)
        return self._body

    async def body_pieces(self, limit: int) -> AsyncIterator[bytes]:
        """The body as it arrives, of up to ``limit`` bytes; raises TooLarge beyond. To be read once."""
        declared = self.header(b"content-length") or b""
        if declared.isdigit() and int(declared) > limit:
            raise TooLarge(f"The body has {int(declared)} bytes; this server accepts at most {limit} here")
        size = 0
        while True:
            message = await self._next_message()
            if message["type"] == "http.disconnect":
                self._gone = True
                raise InvalidInput("Bad request: the client left before the body was complete")
            piece = message.get("body", b"")
            size += len(piece)
            if size > limit:
                raise TooLarge(
                    f"The body is larger than {limit} bytes, the most that this server accepts here"
                )
            yield piece
            if not message.get("more_body", False):
                return

    async def json(self, kind: Any) -> Any:
        """The body as a value of the type (a Struct, or Any); raises InvalidInput that names the member at fault."""
        body = await self.raw_body()
        require_shallow(body)
        if kind is Any:
            return json.decode(body)
        try:
            return _decoder(kind).decode(body)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            raise InvalidInput(f"Bad request: {json.fault_in(body, error)}") from None

    async def disconnected(self) -> None:
        """Returns when the client has gone; the body must have been read before."""
        while not self._gone:
            if (await self._receive())["type"] == "http.disconnect":
                self._gone = True

    async def _read_body(self, limit: int) -> bytes:
        declared = self.header(b"content-length") or b""
        if declared.isdigit() and int(declared) > limit:
            raise TooLarge(f"The body has {int(declared)} bytes; this server accepts at most {limit}")
        request = in_hand(self.scope)
        whole = None if request is None else request.whole_body()
        if whole is not None:
            if len(whole) > limit:
                raise TooLarge(f"The body is larger than {limit} bytes, the most that this server accepts")
            return whole
        chunks: list[bytes] = []
        size = 0
        while True:
            message = await self._next_message()
            if message["type"] == "http.disconnect":
                self._gone = True
                raise InvalidInput("Bad request: the client left before the body was complete")
            chunk = message.get("body", b"")
            size += len(chunk)
            if size > limit:
                raise TooLarge(f"The body is larger than {limit} bytes, the most that this server accepts")
            chunks.append(chunk)
            if not message.get("more_body", False):
                return chunks[0] if len(chunks) == 1 else b"".join(chunks)

    async def _next_message(self) -> Any:
        # As asyncio.timeout, which costs as much as all the rest of a small request.
        expired = False
        task = asyncio.current_task()

        def expire() -> None:
            nonlocal expired
            expired = True
            if task is not None:
                task.cancel()

        timer = asyncio.get_running_loop().call_later(BODY_IDLE_SECONDS, expire)
        try:
            return await self._receive()
        except asyncio.CancelledError:
            if not expired or (task is not None and task.uncancel() > 0):
                raise
            raise SlowClient(f"No part of the body arrived for {BODY_IDLE_SECONDS:.0f} seconds") from None
        finally:
            timer.cancel()


def _pairs(raw: bytes) -> list[tuple[str, str]]:
    if not raw:
        return []
    try:
        return parse_qsl(
            raw.decode("ascii"), keep_blank_values=True, errors="strict", max_num_fields=MAX_QUERY_PARAMETERS
        )
    except (UnicodeDecodeError, ValueError) as error:
        raise InvalidInput(f"Bad request: the query cannot be read: {error}") from None


def _query(raw: bytes, kind: type[T]) -> T:
    known: Any = kind
    lists = _list_fields(known)
    values: dict[str, Any] = {}
    for name, value in _pairs(raw):
        if "\0" in value:
            raise InvalidInput(f"Bad request: the parameter {name!r} holds a NUL character")
        if name in lists:
            values.setdefault(name, []).append(value)
        else:
            values[name] = value
    optional = _optional_fields(known)
    values = {name: value for name, value in values.items() if value != "" or name not in optional}
    try:
        return msgspec.convert(values, kind, strict=False)
    except msgspec.ValidationError as error:
        raise InvalidInput(f"Bad request: query parameter: {error}") from None


# The same few queries are sent again and again; a token in one must not be kept.
_known_query: Any = lru_cache(maxsize=1024)(_query)


@lru_cache(maxsize=1024)
def _decoder(kind: Any) -> msgspec.json.Decoder[Any]:
    """Building a decoder costs more than using it."""
    return msgspec.json.Decoder(kind)


@lru_cache(maxsize=1024)
def _list_fields(kind: Any) -> frozenset[str]:
    """The wire names of the fields that take repeated parameters."""
    hints = get_type_hints(kind)
    return frozenset(
        item.encode_name
        for item in msgspec.structs.fields(kind)
        if any(get_origin(part) in (list, tuple) for part in _union_parts(hints[item.name]))
    )


@lru_cache(maxsize=1024)
def _optional_fields(kind: Any) -> frozenset[str]:
    """The wire names of the fields for which an empty parameter means none: those that are not text."""
    hints = get_type_hints(kind)
    return frozenset(
        item.encode_name
        for item in msgspec.structs.fields(kind)
        if str not in _union_parts(hints[item.name]) and not item.required
    )


def _union_parts(hint: Any) -> tuple[Any, ...]:
    parts: tuple[Any, ...] = getattr(hint, "__args__", ()) if get_origin(hint) not in (list, tuple) else ()
    return (hint, *parts)
