"""What can be run over HTTP: as an OpenAPI document of a workspace, and as a list over all of the caller's."""

from typing import Any, Literal

import msgspec

from postmill.deploy import runnables
from postmill.deploy.runnables import RunnableForm, RunnableKind
from postmill.http import webhook_description
from postmill.http.call import Call
from postmill.http.description import yaml_of
from postmill.http.operation import Operation
from postmill.http.paging import Page
from postmill.http.responses import Response, as_json, custom, text
from postmill.identity import workspaces
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound

TAGS = ("openapi",)
BASE = "/w/{workspace}/openapi"
KINDS: tuple[RunnableKind, ...] = ("script", "flow")
MOST_FILTERS = 100
MOST_DESCRIBED = 1000


class Contact(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str | None = None
    url: str | None = None
    email: str | None = None


class License(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    name: str
    identifier: str | None = None
    url: str | None = None


class OpenapiInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What stands at the top of the document."""

    title: str
    version: str
    description: str | None = None
    terms_of_service: str | None = None
    contact: Contact | None = None
    license: License | None = None


class WebhookFilters(msgspec.Struct, frozen=True, kw_only=True):
    """Paths to describe: below ``u`` or ``f`` (``*``: both), whose, and which. ``*`` stands for any characters."""

    user_or_folder_regex: Literal["*", "u", "f"]
    user_or_folder_regex_value: str
    path: str
    runnable_kind: RunnableKind


class GenerateOpenapi(msgspec.Struct, frozen=True, kw_only=True):
    """``url``: the address of the instance. Without ``webhook_filters``: everything that the caller sees."""

    info: OpenapiInfo | None = None
    url: str | None = None
    openapi_spec_format: Literal["yaml", "json"] | None = None
    http_route_filters: list[Any] | None = None
    webhook_filters: list[WebhookFilters] | None = None


class RunnableEndpoint(msgspec.Struct, frozen=True, kw_only=True):
    """A script or flow and the addresses that run it."""

    workspace: str
    endpoint_async: str
    endpoint_sync: str
    summary: str
    description: str
    kind: RunnableKind


def _paths(filters: list[WebhookFilters] | None, kind: RunnableKind) -> list[str]:
    if not filters:
        return ["*"]
    return [
        f"{place}/{one.user_or_folder_regex_value}/{one.path}"
        for one in filters
        if one.runnable_kind == kind
        for place in (("u", "f") if one.user_or_folder_regex == "*" else (one.user_or_folder_regex,))
    ]


async def _document(call: Call) -> tuple[bytes, str]:
    """The document as it was asked for, and the ending of its file."""
    wanted = await call.json(GenerateOpenapi)
    if wanted.http_route_filters:
        raise InvalidInput(
            "Bad request: http_route_filters: there are no HTTP routes here; webhook_filters choose"
        )
    if len(wanted.webhook_filters or ()) > MOST_FILTERS:
        raise InvalidInput(f"Bad request: webhook_filters holds at most {MOST_FILTERS}")
    found: list[RunnableForm] = []
    for kind in KINDS:
        paths = _paths(wanted.webhook_filters, kind)
        found += await runnables.forms(
            call.context.pool, call.subject, call.workspace, kind, paths,
            with_schema=True, limit=MOST_DESCRIBED + 1 - len(found),
        )  # fmt: skip
    if len(found) > MOST_DESCRIBED:
        raise InvalidInput(
            f"Bad request: more than {MOST_DESCRIBED} scripts and flows: choose some of them with webhook_filters"
        )
    info = json.decode(
        json.encode(wanted.info or OpenapiInfo(title=f"Webhooks of {call.workspace}", version="1.0"))
    )
    if "terms_of_service" in info:
        info["termsOfService"] = info.pop("terms_of_service")
    url = (wanted.url or call.context.settings.public_url).rstrip("/")
    made = webhook_description.document(call.workspace, url, info, found)
    if wanted.openapi_spec_format == "json":
        return msgspec.json.format(msgspec.json.encode(made), indent=2) + b"\n", "json"
    return yaml_of(made).encode("utf-8", "replace"), "yaml"


async def generate(call: Call) -> Response:
    content, _ = await _document(call)
    return text(content.decode())


async def download(call: Call) -> Response:
    content, ending = await _document(call)
    name = {"content-disposition": f'attachment; filename="openapi.{ending}"'}
    return custom(content, 200, "application/octet-stream", name)


async def all_runnables(call: Call) -> Response:
    page = call.query(Page)
    most = page.offset + page.limit
    base = call.context.settings.public_url
    found: list[RunnableEndpoint] = []
    for joined in await workspaces.list_own(call.context.pool, call.subject):
        workspace = joined.workspace.id
        try:
            subject = await call.callers.identify(call.token or "", workspace, call.address)
        except NotFound:  # a member who is disabled there
            continue
        for kind in KINDS:
            if len(found) < most:
                forms = await runnables.forms(
                    call.context.pool, subject, workspace, kind, ["*"],
                    with_schema=False, limit=most - len(found),
                )  # fmt: skip
                found += (_endpoint(base, workspace, form) for form in forms)
    return as_json(found[page.offset :])


def _endpoint(base: str, workspace: str, form: RunnableForm) -> RunnableEndpoint:
    begin, wait = webhook_description.addresses(workspace, form)
    return RunnableEndpoint(
        workspace=workspace,
        endpoint_async=base + begin,
        endpoint_sync=base + wait,
        summary=form.summary,
        description=form.description,
        kind=form.kind,
    )


OPERATIONS = (
    Operation(
        "generateOpenapiSpec", "POST", f"{BASE}/generate", generate, "scripts:read", TAGS,
        "What can be run over HTTP in the workspace, as an OpenAPI document", body=GenerateOpenapi, returns=str,
    ),
    Operation(
        "DownloadOpenapiSpec", "POST", f"{BASE}/download", download, "scripts:read", TAGS,
        "The same as a file", body=GenerateOpenapi, returns="application/octet-stream",
    ),
    Operation(
        "getRunnable", "GET", "/users/all_runnables", all_runnables, "login:scripts:read", ("user",),
        "What the caller can run over HTTP, in all of their workspaces", query=Page,
        returns=list[RunnableEndpoint],
    ),
)  # fmt: skip
