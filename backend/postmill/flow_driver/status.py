"""The ``flow_status`` of a job, put together from its state and the rows of its steps when it is read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.flow_driver.documents import Documents
from postmill.flow_driver.flow_in_hand import first_origin
from postmill.flow_logic.commands import Remember
from postmill.flow_logic.state import State
from postmill.flow_logic.view import View
from postmill.kernel.errors import PostmillError
from postmill.model import flow as model
from postmill.model.flow import FlowModule
from postmill.model.flow_run import Origin
from postmill.queue.metrics import get_progress
from postmill.tables.flow_runs import flow_event, flow_memory, flow_run
from postmill.tables.flow_runs.flow_event import FlowEvent
from postmill.tables.flow_runs.flow_run import ChildRow

NO_JOB = UUID(int=0)
ANONYMOUS = "anonymous"
LOOPS = (model.ForLoop, model.WhileLoop)
LISTS = (model.ForLoop, model.WhileLoop, model.BranchAll)

_states = msgspec.json.Decoder(State)
_outcomes = msgspec.json.Decoder(Remember)


async def read_status(
    pool: Pool, documents: Documents, workspace: str, flow_job: UUID
) -> dict[str, Any] | None:
    """The status of a flow job in the shape of the API; None when its document is gone."""
    stored = await flow_run.stored(pool, flow_job)
    if stored is None:
        row = await flow_run.load(pool, flow_job)
        if row is None:
            return None
        state, origin = State(preprocess=row.preprocess), first_origin(row)
    else:
        state, origin = _states.decode(stored.state), stored.origin
    try:
        view = await documents.view(workspace, origin.document, origin.place)
    except PostmillError:
        return None
    assembly = _Assembly(
        flow_job,
        view,
        state,
        {step: _outcomes.decode(text) for step, text in (await flow_run.steps_of(pool, flow_job)).items()},
        await flow_run.children_of(pool, flow_job),
        await flow_event.answers_within(pool, flow_job),
    )
    loop = assembly.running_loop()
    if loop is not None:
        assembly.items = await flow_run.items_of(pool, flow_job, loop, state.attempt)
    told = assembly.telling()
    if told is not None:
        assembly.progress = await get_progress(pool, workspace, told)
    states = await flow_run.user_states_of(pool, origin.root) if origin.root == flow_job else {}
    status = assembly.status(states, origin)
    if view.is_whole and view.flow.chat_input_enabled:
        memory = await flow_memory.find(pool, flow_job)
        status |= {"chat_input_enabled": True} | ({} if memory is None else {"memory_id": memory})
    return _broken_off(status) if stored is not None and stored.ended and state.end is None else status


def _broken_off(status: dict[str, Any]) -> dict[str, Any]:
    """Of a flow that was ended from outside: what it was at has failed."""
    special = (status.get("failure_module"), status.get("preprocessor_module"))
    for module in (*status["modules"], *(one for one in special if one is not None)):
        if module.get("type") in ("InProgress", "WaitingForExecutor", "WaitingForEvents"):
            module["type"] = "Failure"
            module.pop("count", None)
            module.setdefault("job", NO_JOB)
    return status


class _Assembly:
    def __init__(
        self,
        flow_job: UUID,
        view: View,
        state: State,
        done: dict[str, Remember],
        children: Sequence[ChildRow],
        answers: Sequence[FlowEvent],
    ) -> None:
        self._flow_job = flow_job
        self._view = view
        self._state = state
        self._done = done
        self._answers = answers
        self.items: Sequence[str] = ()
        self.progress: int | None = None
        self._children: dict[str, list[ChildRow]] = {}
        for child in children:
            self._children.setdefault(child.step, []).append(child)

    def running_loop(self) -> str | None:
        """The serial loop that the flow is in, whose items are shown."""
        state = self._state
        if state.phase != "steps" or state.stage == "answers" or state.step >= len(self._view.modules):
            return None
        module = self._view.modules[state.step]
        is_serial = isinstance(module.value, model.ForLoop) and not module.value.parallel
        return module.id if is_serial else None

    def telling(self) -> UUID | None:
        """The running job of the step that the flow is at, which may tell how far it is."""
        state = self._state
        if state.phase != "steps" or state.stage != "children" or state.step >= len(self._view.modules):
            return None
        module = self._view.modules[state.step]
        running = [child for child in self._children.get(module.id, []) if child.running]
        is_one = isinstance(module.value, model.InlineScript | model.ScriptStep) and not state.skipped
        return running[-1].job_id if is_one and running else None

    def status(self, user_states: dict[str, str], origin: Origin) -> dict[str, Any]:
        state = self._state
        status: dict[str, Any] = {
            "step": self._step(),
            "modules": [self._module(index, module) for index, module in enumerate(self._view.modules)],
            "failure_module": self._failure_module(),
            "cleanup_module": {},
        }
        # Absent rather than null without one: the strict client takes no null there.
        if (preprocessor := self._preprocessor_module()) is not None:
            status["preprocessor_module"] = preprocessor
        if user_states:
            status["user_states"] = {key: msgspec.Raw(value.encode()) for key, value in user_states.items()}
        failed = self._earlier_attempts()
        if failed:
            status["retry"] = {"fail_count": state.attempt, "failed_jobs": failed}
        if state.stage == "answers":
            conditions = self._conditions()
            if conditions is not None:
                status["approval_conditions"] = conditions
        if origin.restarted_from is not None:
            status["restarted_from"] = origin.restarted_from
        return status

    def _step(self) -> int:
        state = self._state
        if state.phase == "preprocessor" or (state.phase == "new" and state.preprocess):
            return -1
        if state.phase == "failure" or state.failed_step is not None:
            return len(self._view.modules)
        return state.step

    def _earlier_attempts(self) -> list[UUID]:
        state = self._state
        if state.phase != "steps" or state.attempt == 0 or state.step >= len(self._view.modules):
            return []
        children = self._children.get(self._view.modules[state.step].id, [])
        return [child.job_id for child in children if child.attempt < state.attempt and child.index == 0]

    def _conditions(self) -> dict[str, Any] | None:
        suspend = self._view.modules[self._state.step - 1].suspend
        if suspend is None or not (suspend.user_auth_required or suspend.self_approval_disabled):
            return None
        return {
            "user_auth_required": suspend.user_auth_required,
            "user_groups_required": list(self._state.groups),
            "self_approval_disabled": suspend.self_approval_disabled,
        }

    # -- modules --

    def _failure_module(self) -> dict[str, Any]:
        module = self._view.failure
        step_id = (module.id if module is not None else "failure") + self._state.suffix
        shown = self._special(step_id, self._state.phase == "failure")
        if self._state.failed_step is not None:
            shown["parent_module"] = self._state.failed_step
        return shown

    def _preprocessor_module(self) -> dict[str, Any] | None:
        module = self._view.flow.preprocessor_module
        if module is None or not self._view.is_whole:
            return None
        return self._special(module.id, self._state.phase == "preprocessor")

    def _special(self, step_id: str, is_current: bool) -> dict[str, Any]:
        done = self._done.get(step_id)
        if done is not None:
            return self._ended(step_id, done, None)
        if is_current:
            return self._simple(step_id)
        return {"type": "WaitingForPriorSteps", "id": step_id}

    def _module(self, index: int, module: FlowModule) -> dict[str, Any]:
        state = self._state
        done = self._done.get(module.id)
        if done is not None:
            return self._ended(module.id, done, module)
        if state.phase != "steps" or index != state.step:
            return {"type": "WaitingForPriorSteps", "id": module.id}
        if state.stage == "answers":
            return self._awaiting(module)
        if isinstance(module.value, LISTS) and not state.skipped:
            return self._container(module)
        shown = self._simple(module.id)
        if self.progress is not None and shown["type"] == "InProgress":
            shown["progress"] = self.progress
        if isinstance(module.value, model.BranchOne) and "job" in shown:
            shown["branch_chosen"] = _branch(state.branch)
        return shown

    def _awaiting(self, module: FlowModule) -> dict[str, Any]:
        before = self._view.modules[self._state.step - 1]
        children = self._children.get(before.id, [])
        required = before.suspend.required_events if before.suspend is not None else 0
        return {
            "type": "WaitingForEvents",
            "id": module.id,
            "count": required,
            "job": children[-1].job_id if children else NO_JOB,
        }

    def _simple(self, step_id: str) -> dict[str, Any]:
        children = self._children.get(step_id, [])
        if not children:
            return {"type": "WaitingForPriorSteps", "id": step_id}
        last = children[-1]
        started = last.running or last.status is not None
        return {"type": "InProgress" if started else "WaitingForExecutor", "id": step_id, "job": last.job_id}

    def _container(self, module: FlowModule) -> dict[str, Any]:
        state, value = self._state, module.value
        children = self._of_attempt(module.id, state.attempt)
        parallel = bool(getattr(value, "parallel", False))
        last = children[-1].job_id if children else NO_JOB
        shown: dict[str, Any] = {
            "type": "InProgress",
            "id": module.id,
            "job": self._flow_job if parallel else last,
            **_lists(children),
        }
        if parallel:
            shown["parallel"] = True
        if isinstance(value, model.BranchAll):
            shown["branchall"] = {"branch": state.finished, "len": len(value.branches)}
        else:
            shown["iterator"] = self._iterator(parallel)
        if isinstance(value, model.WhileLoop):
            shown["while_loop"] = True
        return shown

    def _iterator(self, parallel: bool) -> dict[str, Any]:
        state = self._state
        shown: dict[str, Any] = {"index": state.finished}
        if state.total:
            shown["itered_len"] = state.total
        if not parallel and self.items:
            inner = ",".join(text.strip()[1:-1] for text in self.items)
            shown["itered"] = msgspec.Raw(f"[{inner}]".encode())
        return shown

    def _ended(self, step_id: str, done: Remember, module: FlowModule | None) -> dict[str, Any]:
        children = self._of_attempt(step_id, done.attempt)
        last = children[-1].job_id if children else NO_JOB
        shown: dict[str, Any] = {
            "type": "Success" if done.success else "Failure",
            "id": step_id,
            "job": last,
        }
        if done.success:
            shown["skipped"] = done.skipped
        if done.children is not None:
            shown |= _lists(children)
        if done.branch is not None and not (done.skipped and not children):
            shown["branch_chosen"] = _branch(done.branch)
        earlier = [
            c.job_id for c in self._children.get(step_id, []) if c.attempt < done.attempt and c.index == 0
        ]
        if earlier:
            shown["failed_retries"] = earlier
        if done.success and module is not None and module.suspend is not None:
            approvers = self._approvers(children)
            if approvers:
                shown["approvers"] = approvers
        return shown

    def _approvers(self, children: Sequence[ChildRow]) -> list[dict[str, Any]]:
        """Who answered to the flow, or to any of these children of a step: a loop has many."""
        asked = {None, *(child.job_id for child in children)}
        return [
            {"resume_id": answer.resume_id, "approver": answer.approver or ANONYMOUS}
            for answer in self._answers
            if answer.kind == "approve" and answer.step_job in asked
        ]

    def _of_attempt(self, step_id: str, attempt: int) -> list[ChildRow]:
        return [child for child in self._children.get(step_id, []) if child.attempt == attempt]


def _lists(children: Sequence[ChildRow]) -> dict[str, Any]:
    """The members that are aligned with ``flow_jobs``."""
    return {
        "flow_jobs": [child.job_id for child in children],
        "flow_jobs_success": [
            None if child.status is None else child.status in ("success", "skipped") for child in children
        ],
        "flow_jobs_duration": {
            "started_at": [child.started_at for child in children],
            "duration_ms": [child.duration_ms for child in children],
        },
    }


def _branch(branch: int) -> dict[str, Any]:
    return {"type": "default"} if branch < 0 else {"type": "branch", "branch": branch}


async def raw_flow(pool: Pool, documents: Documents, workspace: str, flow_job: UUID) -> bytes | None:
    """The ``value`` that a flow job runs, as JSON; for the body of a loop or a branch that list of steps."""
    stored = await flow_run.stored(pool, flow_job)
    row = None if stored is not None else await flow_run.load(pool, flow_job)
    origin = stored.origin if stored is not None else None if row is None else first_origin(row)
    if origin is None:
        return None
    try:
        text = await documents.text(workspace, origin.document)
    except PostmillError:
        return None
    if not origin.place:
        return text.encode()
    return _part(msgspec.json.decode(text), origin.place)


def _part(document: dict[str, Any], place: str) -> bytes:
    """What ``flow_logic.view.view_of`` finds at a place, as it was written."""
    modules: list[Any] = document.get("modules", [])
    failure: dict[str, Any] | None = document.get("failure_module")
    for part in place.split("/"):
        step_id, _, inner = part.rpartition(":")
        if failure is not None and step_id == "failure":  # whatever id it was written with
            step, failure = failure, None
        else:
            step = next((m for m in modules if m.get("id") == step_id), {"value": {}})
        value = step["value"]
        lists = [value.get("modules"), value.get("default")]
        first = next((steps for steps in lists if steps is not None), None)
        found = [
            *([] if first is None else [first]),
            *(b.get("modules", []) for b in value.get("branches", [])),
        ]
        modules = found[int(inner)] if int(inner) < len(found) else []
    return msgspec.json.encode({"modules": modules, "failure_module": failure})
