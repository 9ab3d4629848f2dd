"""The words of one editor and their answers."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec

from postmill.access.paths import ItemPath
from postmill.kernel.errors import InvalidInput, Unavailable
from postmill.language_help import messages
from postmill.language_help.connection import Refused
from postmill.language_help.document import MARK, Attached, Document, Identify

_log = logging.getLogger(__name__)


class Session:
    """One editor with one open script."""

    def __init__(self, document: Document, identify: Identify) -> None:
        self._identify = identify
        self._document = document
        self._items: list[dict[str, Any]] = []
        self._files: dict[str, Path] = {}
        self._answers: dict[str, tuple[Any, Callable[[Any], Awaitable[Any]]]] = {
            "open": (messages.Open, self._open),
            "completion": (messages.At, self._completion),
            "resolve": (messages.Resolve, self._resolve),
            "hover": (messages.At, self._hover),
            "signature": (messages.At, self._signature),
            "definition": (messages.At, self._definition),
            "references": (messages.At, self._references),
            "rename": (messages.Rename, self._rename),
            "symbols": (messages.At, self._symbols),
            "source": (messages.Source, self._source),
            "format": (messages.Nothing, self._format),
        }

    async def answer(self, message: messages.Message) -> Any:
        """The result of a request. Raises PostmillError with a sentence for the editor."""
        await self._identify()
        if message.method == "change":
            self._document.change(_read(message.params, messages.Changed).changes)
            return None
        known = self._answers.get(message.method)
        if known is None:
            raise InvalidInput(
                f"There is no {message.method[:40]!r}; there are change, {', '.join(self._answers)}"
            )
        kind, answering = known
        try:
            return await answering(_read(message.params, kind))
        except Refused as error:
            # Its own words may name files of this machine.
            _log.debug("the language server refused %s: %s", message.method, error)
            raise Unavailable(f"The language server has no answer to this {message.method}") from None

    async def close(self) -> None:
        await self._document.close()

    async def _open(self, params: messages.Open) -> None:
        if len(params.text) > messages.MAX_TEXT:
            raise InvalidInput(f"A script of more than {messages.MAX_TEXT} characters gets no language help")
        await self._document.open(ItemPath.parse(params.path).text, params.text)

    async def _completion(self, params: messages.At) -> Any:
        found = await self._ask("textDocument/completion", params)
        items = found.get("items", []) if isinstance(found, dict) else found or []
        shown = [item for item in items if not _names_a_draft(item)]
        shown.sort(key=lambda item: item.get("sortText") or item["label"])
        self._items = shown[: messages.MAX_COMPLETIONS]
        cut = len(shown) > len(self._items) or (isinstance(found, dict) and found.get("isIncomplete"))
        return {
            "items": [self._shown(index, item) for index, item in enumerate(self._items)],
            "incomplete": bool(cut),
        }

    async def _resolve(self, params: messages.Resolve) -> Any:
        if not 0 <= params.index < len(self._items):
            raise InvalidInput("That completion is of an older list")
        attached = await self._document.current()
        item = self._items[params.index]
        if attached.server.resolves:
            item = await attached.server.connection.request("completionItem/resolve", item)
        return self._shown(params.index, item)

    def _shown(self, index: int, item: dict[str, Any]) -> dict[str, Any]:
        return messages.completion(index, self._document.here(item))

    async def _hover(self, params: messages.At) -> Any:
        found = self._document.here(await self._ask("textDocument/hover", params))
        return {"text": messages.markdown(found["contents"]), "range": found.get("range")} if found else None

    async def _signature(self, params: messages.At) -> Any:
        return await self._ask("textDocument/signatureHelp", params)

    async def _definition(self, params: messages.At) -> Any:
        found = await self._ask("textDocument/definition", params) or []
        return self._places(found if isinstance(found, list) else [found])

    async def _references(self, params: messages.At) -> Any:
        """In the scripts that the caller may read, the declaration included."""
        context = {"context": {"includeDeclaration": True}}
        return self._places(await self._ask("textDocument/references", params, context) or [])

    async def _rename(self, params: messages.Rename) -> Any:
        """The edits of the open text. What stands in other scripts is not changed behind anybody's back."""
        at = messages.At(params.position)
        found = await self._ask("textDocument/rename", at, {"newName": params.name}) or {}
        attached = self._document.attached
        edits = messages.edits_by_file(found)
        if attached is not None and attached.uri in edits:
            edits[attached.uri] = self._document.here(edits[attached.uri])
        for uri in edits:
            name = self._name(attached, uri) if attached else None
            if name not in (None, "self"):
                raise InvalidInput(
                    f"It stands in {str(name).partition(':')[2]} too, and cannot be renamed here"
                )
        return edits.get(attached.uri, []) if attached else []

    async def _symbols(self, params: messages.At) -> Any:
        return messages.symbols(
            self._document.here(await self._ask("textDocument/documentSymbol", params) or [])
        )

    def _places(self, places: list[Any]) -> list[dict[str, Any]]:
        attached = self._document.attached
        here = self._document.here(places)
        named = [(self._name(attached, place["uri"]), place["range"]) for place in here if attached]
        return [{"name": name, "range": place} for name, place in named if name is not None]

    async def _source(self, params: messages.Source) -> Any:
        file = self._known(params.name, await self._document.current())
        try:
            text = await asyncio.to_thread(file.read_text, encoding="utf-8", errors="replace")
        except OSError:
            raise InvalidInput("That file is gone") from None
        return {"text": text[: messages.MAX_TEXT]}

    async def _format(self, _params: messages.Nothing) -> Any:
        return await self._document.formatted()

    async def _ask(self, method: str, params: messages.At, more: dict[str, Any] | None = None) -> Any:
        """Asked again where the document was moved meanwhile: its old place answers with nothing."""
        asked: dict[str, Any] = dict(more or {})
        position = msgspec.to_builtins(params.position)
        if params.trigger:
            asked["context"] = {"triggerKind": 2, "triggerCharacter": params.trigger, "isRetrigger": False}
        while True:
            attached = await self._document.current()
            attached.server.used_at = time.monotonic()
            uri = attached.uri if params.file == "self" else self._known(params.file, attached).as_uri()
            asked["textDocument"] = {"uri": uri}
            asked["position"] = self._document.there(position) if params.file == "self" else position
            found = await attached.server.connection.request(method, asked)
            if self._document.attached is attached:
                return found

    def _known(self, name: str, attached: Attached) -> Path:
        """The file of a name that was told before."""
        file = self._files.get(name)
        if file is None:
            raise InvalidInput("No definition led there")
        return self._document.file(attached, name, file)

    def _name(self, attached: Attached, uri: str) -> str | None:
        """How the editor knows a file; None for one that it has no business with."""
        if uri == attached.uri:
            return "self"
        file = Path(unquote(urlsplit(uri).path))
        name = self._document.name(attached, file)
        if name is not None:
            self._files[name] = file
        return name


def _names_a_draft(item: dict[str, Any]) -> bool:
    """Whether a completion comes from a text that is open in an editor."""
    return MARK in repr({name: value for name, value in item.items() if name != "data"})


def _read(params: msgspec.Raw, kind: Any) -> Any:
    try:
        return msgspec.json.decode(params, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidInput(f"Bad request: {error}") from None
