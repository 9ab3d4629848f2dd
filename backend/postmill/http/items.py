"""The calls that are the same for the kinds of items of which nothing is left when they are deleted."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

import msgspec

from postmill.db.pool import Pool
from postmill.http.call import Call
from postmill.http.responses import Response, as_json, text
from postmill.model.subject import Subject


class Paths(msgspec.Struct):
    paths: Annotated[list[str], msgspec.Meta(max_length=1000)]


class ItemCalls:
    """The handlers of one kind. ``delete`` takes several paths: all or none."""

    def __init__(
        self,
        name: str,
        exists: Callable[[Pool, Subject, str, str], Awaitable[bool]],
        delete: Callable[[Pool, Subject, str, Sequence[str]], Awaitable[list[str]]],
    ) -> None:
        self._name = name
        self._exists = exists
        self._delete = delete

    async def exists(self, call: Call) -> Response:
        return as_json(await self._exists(call.context.pool, call.subject, call.workspace, call.path()))

    async def delete(self, call: Call) -> Response:
        path = call.path()
        await self._delete(call.context.pool, call.subject, call.workspace, [path])
        return text(f"{self._name} {path} deleted")

    async def delete_bulk(self, call: Call) -> Response:
        body = await call.json(Paths)
        return as_json(await self._delete(call.context.pool, call.subject, call.workspace, body.paths))


def list_of(text_value: str | None) -> list[str] | None:
    """The parts of a parameter that names several, with commas between them; None for none."""
    return [part.strip() for part in text_value.split(",") if part.strip()] if text_value else None
