"""Where flows stand that ask for approval: which step asks, what it says, what came in."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.flow_logic.state import State
from postmill.flow_logic.view import View, view_of
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.model.approval import Answered, AskedOf, Waiting
from postmill.model.flow import FlowModule, FlowValue, all_modules
from postmill.model.flow_reading import parse_flow
from postmill.model.flow_run import DocumentRef, Origin
from postmill.queue.results import whole_result
from postmill.tables.flow_runs import approval, flow_event, flow_run
from postmill.tables.flow_runs.approval import FlowFacts, StepResult
from postmill.tables.items import flow as flows

FLOW_KINDS = ("flow", "flowpreview")
NO_CHILD = StepResult(
    None, None, None, None
)  # of a loop over nothing, whose answers are those to the flow as such
ANONYMOUS = "anonymous"


@dataclass(frozen=True)
class FlowWithStep:
    """A flow job with its steps; ``step_id`` is the step that somebody speaks of. ``view`` None: it was deleted."""

    facts: FlowFacts
    asked: AskedOf
    origin: Origin
    state: State
    view: View | None
    step_id: str | None = None

    @property
    def asking(self) -> FlowModule | None:
        """The step whose approval is awaited now."""
        if self.view is None or self.state.stage != "answers" or self.state.step < 1:
            return None
        return self.view.modules[self.state.step - 1]

    @property
    def is_past(self) -> bool:
        """Whether the step has its answers, or never will: nothing that comes in now can count."""
        if self.view is None or self.step_id is None:
            return self.state.phase == "ended"
        places = [index for index, module in enumerate(self.view.modules) if module.id == self.step_id]
        if not places or self.state.phase in ("failure", "ended"):
            return True
        after = self.state.step - places[0]
        return after > 1 or (after == 1 and self.state.stage == "children")

    def asking_modules(self, step_id: str | None) -> Iterator[FlowModule]:
        """The steps that ask for approval: the one named, or any of the document."""
        if self.view is None:
            return
        for module in all_modules(self.view.flow):
            is_meant = step_id is None or module.id == step_id
            if is_meant and module.suspend is not None and module.suspend.required_events > 0:
                yield module


async def load_flow(
    pool: Pool, workspace: str, flow_job: UUID | None, step_id: str | None = None
) -> FlowWithStep | None:
    """A flow job with what it runs; None for anything else."""
    facts = None if flow_job is None else await approval.flow(pool, workspace, flow_job)
    if facts is None or facts.kind not in FLOW_KINDS:
        return None
    return await Documents(pool).flow(facts, step_id)


class Documents:
    """The flows of many runs, each document read once."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: dict[DocumentRef, FlowValue | None] = {}

    async def flow(self, facts: FlowFacts, step_id: str | None = None) -> FlowWithStep:
        origin = _origin(facts)
        state = State() if facts.flow_state is None else json.decode_as(facts.flow_state, State)
        return FlowWithStep(facts, _asked(facts), origin, state, await self._view(facts, origin), step_id)

    async def _view(self, facts: FlowFacts, origin: Origin) -> View | None:
        document = origin.document
        if document not in self._known:
            self._known[document] = await self._read(facts.workspace_id, document)
        value = self._known[document]
        try:
            return None if value is None else view_of(value, origin.place)
        except (KeyError, IndexError):
            return None

    async def _read(self, workspace: str, document: DocumentRef) -> FlowValue | None:
        """None for a document that was deleted, or that this release cannot read."""
        text: str | None = None
        if document.version is not None:
            version = await flows.by_version(self._pool, workspace, document.version)
            text = None if version is None else version.value
        elif document.job is not None:
            text = await flow_run.document(self._pool, document.job)
        seed = str(document.version or document.job)
        try:
            return None if text is None else parse_flow(text, seed=seed)
        except InvalidInput:
            return None


def _asked(facts: FlowFacts) -> AskedOf:
    return AskedOf(
        flow_job=facts.id,
        root_job=facts.root_job,
        path=facts.root_path,
        summary=facts.root_summary or None,
        started_by=facts.started_by or facts.created_by,
        started_by_email=facts.started_by_email or facts.email,
        extra_perms=json.decode(facts.extra_perms),
    )


def _origin(facts: FlowFacts) -> Origin:
    if facts.origin is not None:
        return json.decode_as(facts.origin, Origin)
    is_deployed = facts.kind == "flow" and facts.script_hash is not None
    document = DocumentRef(version=facts.script_hash) if is_deployed else DocumentRef(job=facts.id)
    return Origin(document=document, root=facts.id, scope=facts.id)


async def load_waiting(pool: Pool, flow: FlowWithStep) -> Waiting | None:
    """What the flow waits for now; None when it waits for nobody."""
    module, facts = flow.asking, flow.facts
    if module is None or module.suspend is None or facts.place != "suspended":
        return None
    step = await approval.step_result(pool, facts.id, module.id) or NO_CHILD
    result = step.result if step.result_blob is None else await whole_result(pool, step.result_blob)
    events = await flow_event.events_of(pool, facts.id, module.id, [facts.id, flow.origin.root])
    return Waiting(
        of=flow.asked,
        step_id=module.id,
        step_job=step.job_id or facts.id,
        summary=module.summary,
        suspend=module.suspend,
        groups=flow.state.groups,
        missing=facts.awaited or 0,
        until=facts.suspend_until,
        asked_at=step.completed_at,
        result=result,
        answers=tuple(
            Answered(event.resume_id, event.approver or ANONYMOUS)
            for event in events
            if event.kind == "approve"
        ),
    )


def hints_of(waiting: Waiting) -> dict[str, msgspec.Raw]:
    """What the step's own result says for the page: ``description``, ``default_args`` and ``enums``."""
    if waiting.result is None:
        return {}
    try:
        members = msgspec.json.decode(waiting.result, type=dict[str, msgspec.Raw])
    except (msgspec.DecodeError, RecursionError):
        return {}
    return {name: members[name] for name in ("description", "default_args", "enums") if name in members}
