"""Scripts and flows side by side: one list, and how many there are of whom."""

from typing import Literal

import msgspec

from postmill.deploy import runnables
from postmill.deploy.runnables import RunnableFilter, RunnableKind, RunnablePage
from postmill.http.call import Call
from postmill.http.items import list_of
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json
from postmill.kernel.errors import InvalidInput

TAGS = ("script",)
BASE = "/w/{workspace}/runnables"
KINDS = ("script", "flow", "app")
LARGEST_PAGE = 1000


class RunnablesQuery(msgspec.Struct, frozen=True, kw_only=True):
    """``kinds``: with commas. ``cursor``: the ``next_cursor`` of the page before. Drafts are listed by themselves."""

    order_by: Literal["updated", "name"] = "updated"
    order_desc: bool = True
    kinds: str | None = None
    show_archived: bool = False
    include_without_main: bool = False
    path_start: str | None = None
    label: str | None = None
    search: str | None = None
    per_page: int = 100
    cursor: str | None = None


class CountsQuery(msgspec.Struct, frozen=True, kw_only=True):
    kinds: str | None = None
    include_without_main: bool = False


class Counts(msgspec.Struct, frozen=True):
    counts: dict[str, int]


def _kinds(text: str | None) -> tuple[RunnableKind, ...]:
    """The kinds that there are here, of those asked for."""
    asked = list_of(text) or list(KINDS)
    for kind in asked:
        if kind not in KINDS:
            raise InvalidInput(f"Bad request: kinds are {', '.join(KINDS)}, not {kind[:40]!r}")
    offered: tuple[RunnableKind, ...] = ("script", "flow")
    return tuple(kind for kind in offered if kind in asked)


async def list_runnables(call: Call) -> Response:
    query = call.query(RunnablesQuery)
    if query.per_page < 1:
        raise InvalidInput("Bad request: per_page starts at 1")
    wanted = RunnableFilter(
        archived=query.show_archived,
        path_start=query.path_start or None,
        include_without_main=query.include_without_main,
        label=query.label or None,
        search=query.search or None,
        by_name=query.order_by == "name",
        downwards=query.order_desc,
    )
    return as_json(
        await runnables.list_page(
            call.context.pool,
            call.subject,
            call.workspace,
            _kinds(query.kinds),
            wanted,
            query.cursor,
            min(query.per_page, LARGEST_PAGE),
        )
    )


async def count_runnables(call: Call) -> Response:
    query = call.query(CountsQuery)
    return as_json(
        Counts(
            await runnables.counts(
                call.context.pool,
                call.subject,
                call.workspace,
                _kinds(query.kinds),
                query.include_without_main,
            )
        )
    )


OPERATIONS = (
    Operation(
        "listRunnables", "GET", f"{BASE}/list", list_runnables, "scripts:read", TAGS,
        "Scripts and flows in one list, without their code", query=RunnablesQuery, returns=RunnablePage,
    ),
    Operation(
        "countRunnablesByOwner", "GET", f"{BASE}/counts", count_runnables, "scripts:read", TAGS,
        "How many scripts and flows there are below each place", query=CountsQuery, returns=Counts,
    ),
)  # fmt: skip
