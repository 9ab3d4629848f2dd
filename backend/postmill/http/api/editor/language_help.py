"""Help while code is written: a WebSocket to a language server, and checks of single texts."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Annotated, Any, Literal

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.editor_parts import LANGUAGE_HELP
from postmill.http.entry import require
from postmill.http.operation import Operation
from postmill.http.responses import as_json, text
from postmill.http.sockets import REFUSED, Gone, Socket
from postmill.kernel.errors import InvalidInput, PostmillError, Unavailable
from postmill.language_help.format_code import Formatted
from postmill.language_help.kinds import KINDS, session
from postmill.language_help.messages import Message
from postmill.language_help.session import Session
from postmill.model.subject import Subject

# A token that is revoked, or a member that becomes an operator, loses an open editor as soon as their requests.
CHECK_RIGHTS_SECONDS = 0.5
MOST_AT_ONCE = 16
MOST_UNSENT = 1_000
MOST_CHECKED = 500_000

_NEEDS = "developer:scripts:read"


async def upgrade_required(_call: Call) -> Response:
    return text("Bad request: this address is for WebSockets", 426)


def _talk(kind: str) -> Callable[[Call, Socket], Awaitable[None]]:
    """The conversation with editors of one kind of scripts."""

    async def talk(call: Call, socket: Socket) -> None:
        """Words of an editor and their answers (``language_help.messages``), until either side leaves."""
        service = LANGUAGE_HELP.of(call.context)
        outgoing: asyncio.Queue[dict[str, Any]] = asyncio.Queue(MOST_UNSENT)
        open_session = session(kind, service, call.workspace, lambda: _identify(call), _sender(outgoing))
        conversation = _Conversation(open_session, socket, outgoing)
        tasks = [
            asyncio.create_task(conversation.read()),
            asyncio.create_task(conversation.write()),
            asyncio.create_task(_watch_rights(call, socket)),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            await conversation.end(tasks)
            await open_session.close()

    return talk


async def _identify(call: Call) -> Subject:
    """Who the caller is now; raises when they may not be here any more."""
    assert call.token is not None
    subject = await call.callers.identify(call.token, call.workspace, call.address)
    require(subject, OPERATIONS[0].parsed_needs())
    return subject


async def _watch_rights(call: Call, socket: Socket) -> None:
    """Ends the connection of somebody whose right to it has ended, also when they say nothing."""
    while True:
        await asyncio.sleep(CHECK_RIGHTS_SECONDS)
        try:
            await _identify(call)
        except PostmillError as error:
            await socket.close(REFUSED, error.message)
            return


def _sender(outgoing: asyncio.Queue[dict[str, Any]]) -> Callable[[dict[str, Any]], None]:
    """Events that a slow reader does not fetch are dropped; newer ones say the same better."""

    def send(event: dict[str, Any]) -> None:
        with suppress(asyncio.QueueFull):
            outgoing.put_nowait(event)

    return send


class _Conversation:
    """Reads in order, answers as answers come: a slow completion does not hold up the typing behind it."""

    def __init__(self, session: Session, socket: Socket, outgoing: asyncio.Queue[dict[str, Any]]) -> None:
        self._session = session
        self._socket = socket
        self._outgoing = outgoing
        self._answering: set[asyncio.Task[None]] = set()
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def read(self) -> None:
        with suppress(Gone):
            while True:
                data = await self._socket.receive()
                try:
                    message = msgspec.json.decode(data, type=Message)
                except (msgspec.DecodeError, UnicodeDecodeError) as error:
                    await self._socket.close(REFUSED, f"Bad request: {error}")
                    return
                await self._take(message)

    async def _take(self, message: Message) -> None:
        if message.method in ("change", "open"):
            await self._answer(message)  # what comes behind it is about the new text
            return
        await self._places.acquire()
        task = asyncio.create_task(self._answer(message))
        self._answering.add(task)
        task.add_done_callback(self._answered)

    def _answered(self, task: asyncio.Task[None]) -> None:
        self._answering.discard(task)
        self._places.release()

    async def _answer(self, message: Message) -> None:
        answer: dict[str, Any] = {"id": message.id}
        try:
            answer["result"] = await self._session.answer(message)
        except PostmillError as error:
            answer["error"] = {"message": error.message, "again": isinstance(error, Unavailable)}
        if message.id is not None:
            await self._outgoing.put(answer)

    async def write(self) -> None:
        with suppress(Gone):
            while True:
                await self._socket.send(await self._outgoing.get())

    async def end(self, tasks: list[asyncio.Task[None]]) -> None:
        """Raises what a task failed with, once all have ended."""
        for task in [*tasks, *self._answering]:
            task.cancel()
        results = await asyncio.gather(*tasks, *self._answering, return_exceptions=True)
        for result in results:
            if isinstance(result, Exception):
                raise result


class Checked(msgspec.Struct):
    """What a check found; positions are those of the Language Server Protocol."""

    items: list[dict[str, Any]]


class Code(msgspec.Struct):
    language: Literal["bash"]
    code: str


class CodeToFormat(msgspec.Struct):
    """``indent``: spaces for each level in Bash, 0 for tabs."""

    language: Formatted
    code: str
    indent: Annotated[int, msgspec.Meta(ge=0, le=16)] = 4


class FormattedCode(msgspec.Struct):
    code: str


async def check(call: Call) -> Response:
    asked = await call.json(Code)
    if len(asked.code) > MOST_CHECKED:
        raise InvalidInput(f"Code of more than {MOST_CHECKED} characters is not checked")
    return as_json(Checked(await LANGUAGE_HELP.of(call.context).shell.check(asked.code)))


async def format_code(call: Call) -> Response:
    asked = await call.json(CodeToFormat)
    if len(asked.code) > MOST_CHECKED:
        raise InvalidInput(f"Code of more than {MOST_CHECKED} characters is not formatted")
    formatters = LANGUAGE_HELP.of(call.context).formatters
    return as_json(FormattedCode(await formatters.format(asked.language, asked.code, asked.indent)))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "checkCode", "POST", "/w/{workspace}/language_help/check", check, _NEEDS, ("postmill", "language_help"),
        "What is wrong with code of a language that has a checker (Bash: shellcheck)", body=Code, returns=Checked,
    ),
    Operation(
        "formatCode", "POST", "/w/{workspace}/language_help/format", format_code, _NEEDS,
        ("postmill", "language_help"), "Code as its language's formatter writes it (Bash: shfmt, Go: gofmt)",
        body=CodeToFormat, returns=FormattedCode,
    ),
    *(
        Operation(
            f"{kind}LanguageHelp", "GET", f"/w/{{workspace}}/language_help/{kind}", upgrade_required, _NEEDS,
            ("postmill", "language_help"),
            "A WebSocket with completion, hover, definition, diagnostics and formatting",
            status=101, socket=_talk(kind),
        )
        for kind in KINDS
    ),
)  # fmt: skip
