"""The calls that are the same for everything that is deployed in versions."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import msgspec
from msgspec import UNSET, Raw, UnsetType

from postmill.db.pool import Pool
from postmill.deploy.deployed import Deployed
from postmill.http.call import Call
from postmill.http.responses import Response, as_json, text
from postmill.http.truncated_tokens import truncated
from postmill.identity.tokens import list_tokens_for
from postmill.items import drafts
from postmill.model.flow_document import FlowFilter
from postmill.model.script import ScriptFilter
from postmill.model.subject import Subject
from postmill.tables.people.token import TokenRow

_TOLD_BY_DRAFTS = ("path_start", "path_exact", "created_by")

History = Callable[[Pool, Subject, str, str], Awaitable[list[Any]]]
"""The lines of the history of a path that the subject may see, the newest first."""


class Deploying(msgspec.Struct):
    skip_if_noop: bool = False


class Reading(msgspec.Struct):
    with_starred_info: bool = False
    get_draft: bool = False


class DeploymentMessage(msgspec.Struct):
    deployment_msg: str | None = None


class Muting(msgspec.Struct):
    muted: bool | None = None


class TriggersCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many triggers start a script or flow; webhooks are the tokens that were made for it."""

    schedule_count: int = 0
    http_routes_count: int = 0
    webhook_count: int = 0
    email_count: int = 0
    default_email_count: int = 0
    websocket_count: int = 0
    postgres_count: int = 0
    kafka_count: int = 0
    nats_count: int = 0
    mqtt_count: int = 0
    amqp_count: int = 0
    gcp_count: int = 0
    azure_count: int = 0
    sqs_count: int = 0
    nextcloud_count: int = 0
    google_count: int = 0
    github_count: int = 0


class DeployedCalls:
    """The handlers of one kind; ``line`` is a line of its history in the form in which clients know it."""

    def __init__(self, deployed: Deployed[Any], history: History, line: Callable[[Any], Any]) -> None:
        self._deployed = deployed
        self._history = history
        self._line = line

    async def exists(self, call: Call) -> Response:
        return as_json(
            await self._deployed.exists(call.context.pool, call.subject, call.workspace, call.path())
        )

    async def list_paths(self, call: Call) -> Response:
        return as_json(await self._deployed.list_paths(call.context.pool, call.subject, call.workspace))

    async def history(self, call: Call) -> Response:
        return as_json([self._line(one) for one in await self._lines(call)])

    async def latest_version(self, call: Call) -> Response:
        lines = await self._lines(call)
        return as_json(self._line(lines[0]) if lines else None)

    async def toggle_error_handler(self, call: Call) -> Response:
        body, path = await call.json(Muting), call.path()
        muted = bool(body.muted)
        await self._deployed.mute_error_handler(call.context.pool, call.subject, call.workspace, path, muted)
        return text(f"error handler of {self._deployed.name} {path} {'muted' if muted else 'not muted'}")

    async def list_tokens(self, call: Call) -> Response:
        return as_json([truncated(row) for row in await self._tokens(call)])

    async def triggers_count(self, call: Call) -> Response:
        return as_json(TriggersCount(webhook_count=len(await self._tokens(call))))

    async def _tokens(self, call: Call) -> list[TokenRow]:
        path, pool, workspace = call.path(), call.context.pool, call.workspace
        await self._deployed.by_path(pool, call.subject, workspace, path)
        return await list_tokens_for(pool, call.subject, workspace, self._deployed.name, path)

    async def newest(self, call: Call) -> tuple[Any, bool, dict[str, Any]]:
        """What a page shows: the newest version, whether the caller starred it, and what is said of its drafts."""
        path, pool, subject, workspace = call.path(), call.context.pool, call.subject, call.workspace
        with_value = call.query(Reading).get_draft
        found = await self._deployed.by_path(pool, subject, workspace, path)
        is_starred = await self._deployed.is_starred(pool, subject, workspace, path)
        name = self._deployed.name
        return (
            found,
            is_starred,
            await drafts.overlay(pool, subject, workspace, name, path, with_value=with_value),
        )

    async def only_drafted(
        self, call: Call, wanted: FlowFilter | ScriptFilter, known: Sequence[str] = ()
    ) -> list[drafts.UndeployedItem]:
        """What there are only drafts of; nothing where something is asked that drafts do not tell.

        They tell path and maker; ``known`` names the members of the filter that their code tells besides.
        """
        told = {name: getattr(wanted, name) for name in (*_TOLD_BY_DRAFTS, *known)}
        if wanted != type(wanted)(**told):
            return []
        return await drafts.undeployed(
            call.context.pool,
            call.subject,
            call.workspace,
            self._deployed.name,
            path_start=wanted.path_start,
            path_exact=wanted.path_exact,
            created_by=wanted.created_by,
        )

    async def _lines(self, call: Call) -> list[Any]:
        return await self._history(call.context.pool, call.subject, call.workspace, call.path())


def present(value: str | None) -> str | UnsetType:
    """A text that is left out where there is none."""
    return UNSET if value is None else value


def present_json(value: str | None) -> Raw | UnsetType:
    """The same for JSON as text."""
    return UNSET if value is None else Raw(value.encode())
