"""Stars that people put on items."""

from typing import Literal

import msgspec
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import empty
from postmill.items import favorites

WORKSPACE = "/w/{workspace}/favorites"
TAGS = ("favorite",)


class Favorite(msgspec.Struct):
    path: str
    favorite_kind: Literal["flow", "app", "script", "raw_app", "asset"]


async def star(call: Call) -> Response:
    body = await call.json(Favorite)
    await favorites.star(call.context.pool, call.subject, call.workspace, body.favorite_kind, body.path)
    return empty(200)


async def unstar(call: Call) -> Response:
    body = await call.json(Favorite)
    await favorites.unstar(call.context.pool, call.subject, call.workspace, body.favorite_kind, body.path)
    return empty(200)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "star", "POST", f"{WORKSPACE}/star", star, "favorites:write", TAGS, "Star an item", Favorite,
    ),
    Operation(
        "unstar", "POST", f"{WORKSPACE}/unstar", unstar, "favorites:write", TAGS, "Take a star off", Favorite,
    ),
)  # fmt: skip
