"""Arguments to start from: saved under a name, or those of past runs."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw, UnsetType
from starlette.responses import Response

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json, created_text, raw_json, text
from postmill.items import inputs
from postmill.items.inputs import Runnable, RunnableType
from postmill.items.paging import Page
from postmill.kernel.errors import InvalidInput

WORKSPACE = "/w/{workspace}/inputs"
TAGS = ("input",)


class OfRunnable(msgspec.Struct):
    """``max_args_bytes``: past runs whose arguments are no longer come with them."""

    runnable_id: str | None = None
    runnable_type: RunnableType | None = None
    page: int | None = None
    per_page: int | None = None
    args: str | None = None
    include_preview: bool = False
    max_args_bytes: int | None = None


class NewInput(msgspec.Struct):
    name: str
    args: Raw


class ChangedInput(msgspec.Struct):
    id: UUID
    name: str
    is_public: bool = False


class Input(msgspec.Struct, kw_only=True, omit_defaults=True):
    """``args`` of a past run is null unless they were asked for and are short: they are fetched on their own."""

    id: UUID
    name: str
    created_by: str
    created_at: datetime
    is_public: bool
    args: Raw
    success: bool | UnsetType = UNSET


class Source(msgspec.Struct):
    input: bool = False
    allow_large: bool = True


def _id(call: Call, name: str) -> UUID:
    try:
        return UUID(call.path_params[name])
    except ValueError:
        raise InvalidInput(f"Bad request: {call.path_params[name][:60]!r} is not an id") from None


async def history(call: Call) -> Response:
    query = call.query(OfRunnable)
    found = await inputs.history(
        call.context.pool,
        call.subject,
        call.workspace,
        Runnable.of(query.runnable_type, query.runnable_id),
        Page.of(query.page, query.per_page),
        containing=query.args,
        include_previews=query.include_preview,
        args_up_to=query.max_args_bytes,
    )
    return as_json(
        [
            Input(
                id=one.id,
                name=f"{one.created_at:%Y-%m-%d %H:%M}",
                created_by=one.created_by,
                created_at=one.created_at,
                is_public=True,
                args=Raw(b"null" if one.args is None else one.args.encode()),
                success=one.success,
            )
            for one in found
        ]
    )


async def list_inputs(call: Call) -> Response:
    query = call.query(OfRunnable)
    found = await inputs.list_saved(
        call.context.pool,
        call.subject,
        call.workspace,
        Runnable.of(query.runnable_type, query.runnable_id),
        Page.of(query.page, query.per_page),
    )
    return as_json(
        [
            Input(
                id=one.id,
                name=one.name,
                created_by=one.created_by,
                created_at=one.created_at,
                is_public=one.is_public,
                args=Raw(one.args.encode()),
            )
            for one in found
        ]
    )


async def create(call: Call) -> Response:
    query, body = call.query(OfRunnable), await call.json(NewInput)
    runnable = Runnable.of(query.runnable_type, query.runnable_id)
    id = await inputs.save(
        call.context.pool, call.subject, call.workspace, runnable, body.name, bytes(body.args)
    )
    return created_text(str(id))


async def update(call: Call) -> Response:
    body = await call.json(ChangedInput)
    await inputs.update(call.context.pool, call.subject, call.workspace, body.id, body.name, body.is_public)
    return created_text(str(body.id))


async def delete(call: Call) -> Response:
    id = _id(call, "input")
    await inputs.delete(call.context.pool, call.subject, call.workspace, id)
    return text(str(id))


async def get_args(call: Call) -> Response:
    id, pool = _id(call, "jobOrInputId"), call.context.pool
    read = inputs.saved_args if call.query(Source).input else inputs.past_args
    return raw_json(await read(pool, call.subject, call.workspace, id))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "getInputHistory", "GET", f"{WORKSPACE}/history", history, "inputs:read", TAGS,
        "Past runs as sources of arguments", query=OfRunnable, returns=list[Input],
    ),
    Operation(
        "getArgsFromHistoryOrSavedInput", "GET", f"{WORKSPACE}/{{jobOrInputId}}/args", get_args, "inputs:read", TAGS,
        "The arguments of a past run, or with input=true of a saved input", query=Source, returns=Any,
    ),
    Operation(
        "listInputs", "GET", f"{WORKSPACE}/list", list_inputs, "inputs:read", TAGS,
        "One's own and the public saved inputs of a runnable", query=OfRunnable, returns=list[Input],
    ),
    Operation(
        "createInput", "POST", f"{WORKSPACE}/create", create, "inputs:write", TAGS,
        "Save arguments under a name", NewInput, OfRunnable, str, 201,
    ),
    Operation(
        "updateInput", "POST", f"{WORKSPACE}/update", update, "inputs:write", TAGS,
        "Rename or publish a saved input", ChangedInput, returns=str, status=201,
    ),
    Operation(
        "deleteInput", "POST", f"{WORKSPACE}/delete/{{input}}", delete, "inputs:write", TAGS,
        "Delete a saved input", returns=str,
    ),
)  # fmt: skip
