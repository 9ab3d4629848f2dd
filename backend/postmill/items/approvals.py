"""Approvals: links that answer, the answer itself, and what waits for whom."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256
from uuid import UUID

from postmill.access.approvals import may_answer, require_conditions
from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.items.approval_links import Link, hand_out, require_good
from postmill.items.approval_steps import FLOW_KINDS, Documents, FlowWithStep, load_flow, load_waiting
from postmill.kernel.errors import InvalidInput, NotAuthenticated, NotFound, PermissionDenied
from postmill.kernel.storable import checked_json
from postmill.model.approval import Answer, AskedOf, Waiting
from postmill.model.flow import Suspend
from postmill.model.subject import Subject
from postmill.queue.flow_events import record_event
from postmill.references.given import require_given
from postmill.tables.flow_runs import approval, workflow_step
from postmill.tables.instance import audit

SCANNED_AT_ONCE = 500
COUNTED = 2000
MOST_WAITING = 1000
_ABOVE_LINKS = 2**33


def _missing(job_id: UUID) -> NotFound:
    return NotFound(f"Not found: job {job_id} does not exist, or you may not see it")


async def make_link(
    pool: Pool, keyring: Keyring, subject: Subject, link: Link, *, flow_level: bool = False
) -> tuple[Link, str]:
    """A link to answer a step, or with ``flow_level`` the flow that holds it; the link and its signature.

    For the code of the run itself, and for those who may answer without a link. Raises NotFound, InvalidInput.
    """
    step = await approval.step(pool, link.workspace, link.job_id)
    if step is None:
        raise _missing(link.job_id)
    is_flow = step.kind in FLOW_KINDS
    flow = await load_flow(pool, link.workspace, link.job_id if is_flow else step.parent_job)
    if not await _is_code_of(pool, subject, link.workspace, step.root_job) and (
        flow is None or not may_answer(subject, flow.asked, ())
    ):
        raise _missing(link.job_id)
    if flow is None:
        raise InvalidInput(
            f"Bad request: job {link.job_id} is no step of a flow: nothing waits for an answer to it"
        )
    if flow_level and not is_flow:
        link = Link(link.workspace, flow.facts.id, link.resume_id, link.approver)
    return link, await hand_out(pool, keyring, link, subject.username)


async def make_step_link(
    pool: Pool,
    keyring: Keyring,
    subject: Subject,
    workspace: str,
    job_id: UUID,
    step_id: str,
    approver: str | None,
) -> tuple[Link, str]:
    """A link to answer the step of that id in the run of a job, while it waits; the same link each time.

    Raises as ``make_link``, and InvalidInput where no such step waits.
    """
    step = await approval.step(pool, workspace, job_id)
    if (
        step is not None
        and step.flow_step_id is None
        and subject.job_id == job_id
        and step.kind not in FLOW_KINDS
    ):
        # A workflow as code may hand its links out before it asks.
        link = Link(workspace, job_id, _number_of_step(step_id), approver)
        return link, await hand_out(pool, keyring, link, subject.username)
    found = [] if step is None else await approval.waiting_below(pool, workspace, step.root_job, MOST_WAITING)
    for flow_job in found:
        flow = await load_flow(pool, workspace, flow_job)
        waiting = None if flow is None else await load_waiting(pool, flow)
        if waiting is not None and waiting.step_id == step_id:
            resume_id = _number_of_step(step_id)
            return await make_link(
                pool, keyring, subject, Link(workspace, waiting.step_job, resume_id, approver)
            )
    raise InvalidInput(f"Bad request: no step {step_id[:100]!r} of this run waits for an answer")


def _number_of_step(step_id: str) -> int:
    """The number under which links answer a step that is named by its id."""
    return int.from_bytes(sha256(step_id.encode()).digest()[:4], "big")


async def _is_code_of(pool: Pool, subject: Subject, workspace: str, root_job: UUID) -> bool:
    """Whether the subject is a job of the run."""
    if subject.job_id is None:
        return False
    own = await approval.step(pool, workspace, subject.job_id)
    return own is not None and own.root_job == root_job


async def answer_by_link(
    pool: Pool, keyring: Keyring, subject: Subject, link: Link, signature: str, kind: Answer, payload: bytes
) -> None:
    """Records the answer of whoever holds the link.

    Raises PermissionDenied and NotAuthenticated as the link and the step demand, InvalidInput for a link that has
    expired or was used, and for a step that waits no more.
    """
    await require_good(pool, keyring, link, signature)
    flow, is_step = await linked_flow(pool, link)
    step_id = flow.step_id if is_step else None
    waiting = await _now_waiting(pool, link, flow, is_step)
    if waiting is not None:
        require_conditions(subject, waiting.of, waiting.suspend, waiting.groups)
    else:
        _require_no_conditions_yet(flow, subject, step_id)
    approver = link.approver or (None if subject.is_anonymous else subject.username)
    await _record(
        pool, subject, flow, link.job_id if is_step else None, link.resume_id, kind, payload, approver
    )


async def waiting_of_link(
    pool: Pool, keyring: Keyring, link: Link, signature: str
) -> tuple[FlowWithStep, Waiting]:
    """What a link answers now. Raises as ``answer_by_link``, and InvalidInput where nothing waits."""
    await require_good(pool, keyring, link, signature)
    flow, is_step = await linked_flow(pool, link)
    waiting = await _now_waiting(pool, link, flow, is_step)
    if waiting is None:
        raise InvalidInput("Bad request: nothing waits for this answer now")
    return flow, waiting


async def linked_flow(pool: Pool, link: Link) -> tuple[FlowWithStep, bool]:
    """The flow that a good link speaks of, and whether it is about one step of it."""
    step = await approval.step(pool, link.workspace, link.job_id)
    if step is None:
        raise InvalidInput("Bad request: the run that this link belongs to does not exist any more")
    is_flow = step.kind in FLOW_KINDS
    asking = None if is_flow else await _asked_by_code(pool, link)
    if asking is not None:
        is_flow, link = True, asking
    # A turn or a branch that has ended is spoken of as a child of its step: the flow around it may wait behind that.
    is_step = not is_flow or (step.flow_step_id is not None and await _has_ended(pool, link))
    flow_job = step.parent_job if is_step else link.job_id
    flow = await load_flow(pool, link.workspace, flow_job, step.flow_step_id if is_step else None)
    if flow is None:
        raise InvalidInput("Bad request: the run that this link belongs to does not exist any more")
    return flow, is_step


async def _has_ended(pool: Pool, link: Link) -> bool:
    flow = await approval.flow(pool, link.workspace, link.job_id)
    return flow is not None and not flow.is_queued


async def _asked_by_code(pool: Pool, link: Link) -> Link | None:
    """The flow in which a workflow as code asks under this link's number; None for what is no such workflow.

    Raises InvalidInput while it does not ask.
    """
    asking = await workflow_step.approvals(pool, link.job_id)
    for key, flow_job in asking.items():
        if _number_of_step(key) == link.resume_id:
            return replace(link, job_id=flow_job)
    if asking:
        raise InvalidInput("Bad request: the workflow does not wait for this answer now")
    return None


async def _now_waiting(pool: Pool, link: Link, flow: FlowWithStep, is_step: bool) -> Waiting | None:
    """What waits for this link's answer now; None while it may yet. Raises InvalidInput once it waits no more."""
    if not flow.facts.is_queued:
        raise InvalidInput("Bad request: the flow has ended, and waits for no answer any more")
    if is_step:
        if flow.is_past:
            raise InvalidInput(f"Bad request: step {flow.step_id!r} waits for no answer any more")
        return await load_waiting(pool, flow)
    waiting = [
        await load_waiting(pool, below)
        for job_id in await approval.waiting_below(pool, link.workspace, flow.facts.id, 1)
        if (below := await load_flow(pool, link.workspace, job_id)) is not None
    ]
    return next((one for one in waiting if one is not None), None)


def _require_no_conditions_yet(flow: FlowWithStep, subject: Subject, step_id: str | None) -> None:
    """An answer that comes before the step waits cannot be held against groups that are not known yet."""
    for module in flow.asking_modules(step_id):
        assert module.suspend is not None
        if module.suspend.user_groups_required is not None and module.suspend.user_auth_required:
            raise InvalidInput(f"Bad request: step {module.id!r} does not wait for an answer yet")
        require_conditions(subject, flow.asked, module.suspend, ())


async def answer_as_member(
    pool: Pool, subject: Subject, workspace: str, job_id: UUID, kind: Answer, payload: bytes
) -> None:
    """Records the answer of somebody who is signed in, for the step that waits in a run; each person counts once.

    Raises NotFound for those who may not answer, InvalidInput where nothing or more than one step waits.
    """
    if subject.is_anonymous:
        raise NotAuthenticated("Unauthorized: sign in, or use the link that was sent to you")
    waiting = await waiting_in(pool, subject, workspace, job_id)
    require_conditions(subject, waiting.of, waiting.suspend, waiting.groups)
    flow = await load_flow(pool, workspace, waiting.of.flow_job)
    if flow is None:
        raise _missing(job_id)
    resume_id = number_of(subject.email)
    step_job = None if waiting.step_job == waiting.of.flow_job else waiting.step_job
    await _record(pool, subject, flow, step_job, resume_id, kind, payload, subject.username)


def number_of(email: str) -> int:
    """The number under which a person's answers count, out of the reach of links' numbers."""
    return _ABOVE_LINKS + int.from_bytes(sha256(email.encode()).digest()[:6], "big")


async def waiting_in(pool: Pool, subject: Subject, workspace: str, job_id: UUID) -> Waiting:
    """The step that waits in a run, for those who may answer it. Raises NotFound, InvalidInput."""
    flow = await load_flow(pool, workspace, job_id)
    found = await approval.waiting_below(pool, workspace, job_id, 2)
    if flow is None and found:
        flow = await load_flow(pool, workspace, found[0])  # a workflow as code asks in a flow of its own
    if flow is None:
        raise _missing(job_id)
    inner = flow if not found or found[0] == job_id else await load_flow(pool, workspace, found[0])
    waiting = None if inner is None or not found else await load_waiting(pool, inner)
    if not may_answer(subject, flow.asked, () if waiting is None else waiting.groups):
        raise _missing(job_id)
    if waiting is None:
        raise InvalidInput(f"Bad request: nothing in run {job_id} waits for an answer")
    if len(found) > 1:
        raise InvalidInput(
            f"Bad request: more than one step of run {job_id} waits: name the flow inside it whose step is meant"
        )
    return waiting


async def _record(
    pool: Pool,
    subject: Subject,
    flow: FlowWithStep,
    step_job: UUID | None,
    resume_id: int,
    kind: Answer,
    payload: bytes,
    approver: str | None,
) -> None:
    text = checked_json(payload or b"null", "the payload")
    # Steps read it with the rights of the flow, which whoever has a link has not.
    await require_given(pool, subject, flow.facts.workspace_id, text)
    async with pool.acquire() as connection, connection.transaction():
        is_new = await record_event(
            connection, flow.facts.id, step_job, resume_id, kind, payload=text, approver=approver
        )
        if not is_new:
            raise InvalidInput("Bad request: resume request already sent: this answer was given before")
        action = "jobs.approve" if kind == "approve" else "jobs.disapprove"
        details = {"step": flow.step_id, "approver": approver}
        await audit.record(
            connection, subject, action, "Updated", str(flow.facts.id), details,
            workspace_id=flow.facts.workspace_id,
        )  # fmt: skip


async def inbox(
    pool: Pool, subject: Subject, workspace: str, *, limit: int, offset: int
) -> tuple[list[Waiting], int]:
    """What waits for the subject, the newest first, and how many there are.

    They are counted as far as the page reaches, and at least among the newest thousands that wait. Left out:
    what somebody else must answer, and what the subject has answered.
    """
    number = number_of(subject.email)
    documents = Documents(pool)
    found: list[FlowWithStep] = []
    scanned, last = 0, None
    while True:
        facts = await approval.waiting(pool, subject, workspace, SCANNED_AT_ONCE, last)
        found += await _answerable(pool, documents, subject, facts, number)
        scanned += len(facts)
        if len(facts) < SCANNED_AT_ONCE or (scanned >= COUNTED and len(found) >= offset + limit):
            break
        last = facts[-1].id
    page = [await load_waiting(pool, flow) for flow in found[offset : offset + limit]]
    return [waiting for waiting in page if waiting is not None], len(found)


async def _answerable(
    pool: Pool, documents: Documents, subject: Subject, facts: Sequence[approval.FlowFacts], number: int
) -> list[FlowWithStep]:
    """Those that the subject may answer and has not answered under their number."""
    answered = await approval.answered(pool, [one.id for one in facts], number)
    found: list[FlowWithStep] = []
    for one in facts:
        flow = await documents.flow(one)
        module = flow.asking
        if module is None or module.suspend is None:
            continue
        groups = flow.state.groups
        if not may_answer(subject, flow.asked, groups) or not _meets(
            subject, flow.asked, module.suspend, groups
        ):
            continue
        if one.id not in answered or not await _was_answered(pool, flow, number):
            found.append(flow)
    return found


async def _was_answered(pool: Pool, flow: FlowWithStep, number: int) -> bool:
    """Whether the step that waits now has the answer of this number."""
    waiting = await load_waiting(pool, flow)
    return waiting is None or any(answer.resume_id == number for answer in waiting.answers)


def can_answer(subject: Subject, waiting: Waiting) -> bool:
    """Whether an answer of the subject, given without a link, would be taken."""
    return may_answer(subject, waiting.of, waiting.groups) and meets_conditions(subject, waiting)


def meets_conditions(subject: Subject, waiting: Waiting) -> bool:
    """Whether an answer of the subject, given with a link, would be taken."""
    return _meets(subject, waiting.of, waiting.suspend, waiting.groups)


def _meets(subject: Subject, asked: AskedOf, suspend: Suspend, groups: tuple[str, ...]) -> bool:
    try:
        require_conditions(subject, asked, suspend, groups)
    except (NotAuthenticated, PermissionDenied):
        return False
    return True
