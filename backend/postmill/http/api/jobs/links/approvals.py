"""Approvals over HTTP: links, the answers that they give, the page's questions, and the inbox."""

import base64
import binascii
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw, UnsetType
from starlette.responses import Response

from postmill.http.api.jobs.flows.flow_members import flow_members
from postmill.http.api.jobs.reading import wire
from postmill.http.api.jobs.reading.read import job_id_of
from postmill.http.call import Call
from postmill.http.json_depth import require_shallow
from postmill.http.operation import Operation
from postmill.http.responses import as_json, created_text, text
from postmill.items import approvals
from postmill.items.approval_links import Link, Urls, link_of, require_good, urls_of
from postmill.items.approval_steps import FlowWithStep, hints_of, load_waiting
from postmill.items.paging import Page
from postmill.kernel.errors import InvalidInput
from postmill.model.approval import Answer, Waiting
from postmill.model.subject import Subject
from postmill.queue import jobs

TAGS = ("job",)
OURS = ("job", "postmill")


class LinkQuery(msgspec.Struct):
    """``flow_level``: the link answers whatever the flow waits for, not only this step."""

    approver: str | None = None
    flow_level: bool = False


class AnswerQuery(msgspec.Struct):
    """``payload``: JSON in base64, for GET."""

    approver: str | None = None
    payload: str | None = None


class TokenQuery(msgspec.Struct):
    """``token``: the ``approval_token`` of a link, for who is not signed in."""

    token: str | None = None


class SuspendedAnswer(msgspec.Struct, frozen=True):
    """``approval_token``: that of a link, for who is not signed in."""

    payload: Raw | UnsetType = UNSET
    approved: bool = True
    approval_token: str | None = None


class InboxQuery(msgspec.Struct):
    page: int | None = None
    per_page: int | None = None


class ShownConditions(msgspec.Struct):
    user_auth_required: bool
    user_groups_required: list[str]
    self_approval_disabled: bool


class ShownApprover(msgspec.Struct):
    resume_id: int
    approver: str


class ApprovalInfo(msgspec.Struct, kw_only=True, omit_defaults=True):
    """What is asked, by whom, and whether the caller may answer. The members from ``step_id`` on are ours.

    ``skin``: how a page presents it; newer clients insist on one.
    ``description``, ``default_args`` and ``enums`` are what the step's own result says for the page.
    """

    flow_id: UUID
    can_approve: bool
    user_auth_required: bool
    hide_cancel: bool
    skin: str
    approvers: list[ShownApprover]
    form_schema: Raw | UnsetType = UNSET
    description: Raw | UnsetType = UNSET
    approval_conditions: ShownConditions | UnsetType = UNSET
    step_id: str
    step_job: UUID
    root_job: UUID
    started_by: str
    required_events: int
    missing_events: int
    summary: str | UnsetType = UNSET
    flow_path: str | UnsetType = UNSET
    flow_summary: str | UnsetType = UNSET
    continues_when_rejected: bool = False
    default_args: Raw | UnsetType = UNSET
    enums: Raw | UnsetType = UNSET
    asked_at: datetime | UnsetType = UNSET
    until: datetime | UnsetType = UNSET


class SuspendedFlow(msgspec.Struct, kw_only=True, omit_defaults=True):
    """The run that a link belongs to, and what it asks while it waits; ``approval`` is ours."""

    job: dict[str, Any]
    approvers: list[ShownApprover]
    approval: ApprovalInfo | UnsetType = UNSET


class Inbox(msgspec.Struct):
    """``count``: how many wait for the caller altogether, counted up to some thousands."""

    count: int
    items: list[ApprovalInfo]


def _info(subject: Subject, waiting: Waiting, *, can_approve: bool | None = None) -> ApprovalInfo:
    suspend = waiting.suspend
    has_conditions = suspend.user_auth_required or suspend.self_approval_disabled
    return ApprovalInfo(
        flow_id=waiting.of.flow_job,
        can_approve=approvals.can_answer(subject, waiting) if can_approve is None else can_approve,
        user_auth_required=suspend.user_auth_required,
        hide_cancel=suspend.hide_cancel,
        skin="detailed",
        approvers=_approvers(waiting),
        form_schema=_form_schema(waiting),
        approval_conditions=ShownConditions(
            suspend.user_auth_required, list(waiting.groups), suspend.self_approval_disabled
        )
        if has_conditions
        else UNSET,
        step_id=waiting.step_id,
        step_job=waiting.step_job,
        root_job=waiting.of.root_job,
        started_by=waiting.of.started_by,
        required_events=suspend.required_events,
        missing_events=waiting.missing,
        summary=_present(waiting.summary),
        flow_path=_present(waiting.of.path),
        flow_summary=_present(waiting.of.summary),
        continues_when_rejected=suspend.continue_on_disapprove_timeout,
        asked_at=_present(waiting.asked_at),
        until=_present(waiting.until),
        **hints_of(waiting),
    )


def _approvers(waiting: Waiting | None) -> list[ShownApprover]:
    answers = () if waiting is None else waiting.answers
    return [ShownApprover(answer.resume_id, answer.approver) for answer in answers]


def _form_schema(waiting: Waiting) -> Raw | UnsetType:
    form = waiting.suspend.resume_form
    if form is None:
        return UNSET
    try:
        return msgspec.json.decode(form, type=dict[str, Raw]).get("schema", UNSET)
    except msgspec.DecodeError:
        return UNSET


def _present(value: Any) -> Any:
    return UNSET if value is None else value


def _link(call: Call, approver: str | None) -> Link:
    given = call.path_params["resume_id"]
    if not (given.isascii() and given.isdigit() and len(given) <= 12):
        raise InvalidInput(f"Bad request: {given[:40]!r} is not a resume_id: a whole number is expected")
    return Link(call.workspace, job_id_of(call), int(given), approver)


async def job_signature(call: Call) -> Response:
    link = _link(call, call.query(LinkQuery).approver)
    context = call.context
    _, signature = await approvals.make_link(context.pool, context.keyring, call.subject, link)
    return text(signature)


async def resume_urls(call: Call) -> Response:
    query = call.query(LinkQuery)
    context = call.context
    link, signature = await approvals.make_link(
        context.pool, context.keyring, call.subject, _link(call, query.approver), flow_level=query.flow_level
    )
    return as_json(urls_of(context.settings.public_url, link, signature))


async def step_urls(call: Call) -> Response:
    """Links for a step of the caller's own flow, by its id, while it waits."""
    context = call.context
    link, signature = await approvals.make_step_link(
        context.pool, context.keyring, call.subject, call.workspace, job_id_of(call), call.raw_path("step_key"),
        call.query(LinkQuery).approver,
    )  # fmt: skip
    return as_json(urls_of(context.settings.public_url, link, signature))


async def resume(call: Call) -> Response:
    return await _answer(call, "approve")


async def cancel(call: Call) -> Response:
    return await _answer(call, "disapprove")


async def _answer(call: Call, kind: Answer) -> Response:
    query = call.query(AnswerQuery)
    payload = _query_payload(query.payload) if call.method == "GET" else await _body_payload(call)
    context = call.context
    await approvals.answer_by_link(
        context.pool, context.keyring, call.subject, _link(call, query.approver), call.raw_path("signature"), kind,
        payload,
    )  # fmt: skip
    return created_text("")


def _query_payload(given: str | None) -> bytes:
    """The JSON in a ``payload`` parameter, in either alphabet of base64."""
    if not given:
        return b""
    try:
        text = given.replace("-", "+").replace("_", "/").replace(" ", "+").rstrip("=")
        payload = base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidInput("Bad request: payload must be JSON in base64") from None
    require_shallow(payload)
    return payload


async def _body_payload(call: Call) -> bytes:
    body = await call.raw_body()
    require_shallow(body)
    return body


async def get_flow(call: Call) -> Response:
    """What a link is about, without answering: the pages that links in messages open ask this."""
    context, query = call.context, call.query(AnswerQuery)
    link = _link(call, query.approver)
    await require_good(context.pool, context.keyring, link, call.raw_path("signature"))
    flow, _ = await approvals.linked_flow(context.pool, link)
    waiting = await load_waiting(context.pool, flow)
    # The link vouches: its holder sees the run as the person does who started it, but for logs and code.
    starter = Subject(flow.asked.started_by_email, flow.asked.started_by, workspace_id=call.workspace)
    record = await jobs.get_job(context.pool, starter, call.workspace, flow.facts.id, with_code=False)
    may = None if waiting is None else approvals.meets_conditions(call.subject, waiting)
    return as_json(
        SuspendedFlow(
            job={**wire.job(record), **await flow_members(call, record, with_code=False)},
            approvers=_approvers(waiting),
            approval=UNSET if waiting is None else _info(call.subject, waiting, can_approve=may),
        )
    )


def _require_same_run(call: Call, flow: FlowWithStep) -> None:
    """A token speaks of its own run: of the flow that waits, or the outermost one around it."""
    if job_id_of(call) not in (flow.facts.id, flow.asked.root_job):
        raise InvalidInput("Bad request: this approval token belongs to another run")


async def approval_info(call: Call) -> Response:
    token = call.query(TokenQuery).token
    if token:
        context = call.context
        link, signature = link_of(call.workspace, token)
        flow, waiting = await approvals.waiting_of_link(context.pool, context.keyring, link, signature)
        _require_same_run(call, flow)
        may = approvals.meets_conditions(call.subject, waiting)
        return as_json(_info(call.subject, waiting, can_approve=may))
    waiting = await approvals.waiting_in(call.context.pool, call.subject, call.workspace, job_id_of(call))
    return as_json(_info(call.subject, waiting))


async def resume_as_owner(call: Call) -> Response:
    await approvals.answer_as_member(
        call.context.pool, call.subject, call.workspace, job_id_of(call), "approve", await _body_payload(call)
    )
    return created_text("")


async def resume_suspended(call: Call) -> Response:
    body = await call.json(SuspendedAnswer)
    payload = b"" if body.payload is UNSET else bytes(body.payload)
    kind: Answer = "approve" if body.approved else "disapprove"
    context = call.context
    if body.approval_token:
        link, signature = link_of(call.workspace, body.approval_token)
        flow, _ = await approvals.waiting_of_link(context.pool, context.keyring, link, signature)
        _require_same_run(call, flow)
        await approvals.answer_by_link(
            context.pool, context.keyring, call.subject, link, signature, kind, payload
        )
    else:
        await approvals.answer_as_member(
            context.pool, call.subject, call.workspace, job_id_of(call), kind, payload
        )
    return created_text("")


async def inbox(call: Call) -> Response:
    query = call.query(InboxQuery)
    page = Page.of(query.page, query.per_page if query.per_page is not None else 100)
    items, count = await approvals.inbox(
        call.context.pool, call.subject, call.workspace, limit=page.limit, offset=page.offset
    )
    return as_json(Inbox(count, [_info(call.subject, waiting, can_approve=True) for waiting in items]))


def _answer_routes(verb: str, handler: Any, name: str, summary: str) -> tuple[Operation, ...]:
    path = f"/w/{{workspace}}/jobs_u/{verb}/{{id}}/{{resume_id}}/{{signature}}"
    return (
        Operation(
            f"{name}Get", "GET", path, handler, "optional:jobs:run", TAGS, summary, query=AnswerQuery, returns=str,
            status=201,
        ),
        Operation(
            f"{name}Post", "POST", path, handler, "optional:jobs:run", TAGS, summary, Any, AnswerQuery, str, 201,
        ),
    )  # fmt: skip


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "createJobSignature", "GET", "/w/{workspace}/jobs/job_signature/{id}/{resume_id}", job_signature, "jobs:run",
        TAGS, "The signature of a link that answers an approval", query=LinkQuery, returns=str,
    ),
    Operation(
        "getResumeUrls", "GET", "/w/{workspace}/jobs/resume_urls/{id}/{resume_id}", resume_urls, "jobs:run", TAGS,
        "Links that answer an approval", query=LinkQuery, returns=Urls,
    ),
    Operation(
        "getWacApprovalUrls", "GET", "/w/{workspace}/jobs/wac_approval_urls/{id}/{step_key}", step_urls, "jobs:run",
        TAGS, "Links that answer a step of the flow, while it waits", query=LinkQuery, returns=Urls,
    ),
    *_answer_routes("resume", resume, "resumeSuspendedJob", "Approve the step that a link is about"),
    *_answer_routes("cancel", cancel, "cancelSuspendedJob", "Disapprove the step that a link is about"),
    Operation(
        "getSuspendedJobFlow", "GET", "/w/{workspace}/jobs_u/get_flow/{id}/{resume_id}/{signature}", get_flow,
        "optional:jobs:read", TAGS, "What a link is about, without answering", query=AnswerQuery,
        returns=SuspendedFlow,
    ),
    Operation(
        "getApprovalInfo", "GET", "/w/{workspace}/jobs_u/flow/approval_info/{id}", approval_info,
        "optional:jobs:read", TAGS, "What a run asks, for those who may answer", query=TokenQuery,
        returns=ApprovalInfo,
    ),
    Operation(
        "resumeSuspended", "POST", "/w/{workspace}/jobs_u/flow/resume_suspended/{id}", resume_suspended,
        "optional:jobs:run", TAGS, "Approve or disapprove the step that a run waits at", SuspendedAnswer, returns=str,
        status=201,
    ),
    Operation(
        "resumeSuspendedFlowAsOwner", "POST", "/w/{workspace}/jobs/flow/resume/{id}", resume_as_owner, "jobs:run",
        TAGS, "Approve the step that a run waits at", Any, returns=str, status=201,
    ),
    Operation(
        "listApprovals", "GET", "/w/{workspace}/jobs/approvals", inbox, "jobs:read", OURS,
        "Everything that waits for the caller's answer", query=InboxQuery, returns=Inbox,
    ),
)  # fmt: skip
