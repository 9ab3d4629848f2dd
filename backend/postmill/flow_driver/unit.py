"""One unit of work: events go in, decisions are made and carried out in memory, and one commit writes it all."""

import asyncio
import random
from collections import deque
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from postmill.flow_driver.child_args import ChildArgs, Unbuilt
from postmill.flow_driver.children import Child, Children, engine_error
from postmill.flow_driver.contexts import Contexts, Expressions, iters_of
from postmill.flow_driver.flow_in_hand import FlowInHand, first_origin, read_origin, read_state, state_text
from postmill.flow_driver.loop_items import LoopItems
from postmill.flow_driver.named_results import InHand
from postmill.flow_driver.reports import child_ended
from postmill.flow_driver.restart_points import beginning_of
from postmill.flow_driver.sealed_values import sealed_args, sealed_items
from postmill.flow_driver.settling import settled_by_args
from postmill.flow_driver.surroundings import Surroundings
from postmill.flow_driver.values import NULL, merged, value_text, whole_args
from postmill.flow_logic import commands as c
from postmill.flow_logic.decide import decide
from postmill.flow_logic.events import (
    Answers,
    Begin,
    Canceled,
    ChildEnded,
    Evaluated,
    Event,
    ExpressionError,
    Prepared,
)
from postmill.flow_logic.state import End
from postmill.flow_logic.view import Limits
from postmill.kernel import json
from postmill.kernel.clock import now
from postmill.kernel.errors import PostmillError
from postmill.launch.debouncing import step_joined
from postmill.model.flow import may_fail_early
from postmill.model.flow_run import RestartedFrom
from postmill.model.input_transform import Static
from postmill.model.job import ClaimedJob, Ended, NewJob
from postmill.queue.debounce import Debounce
from postmill.references.resolve import mentions_references
from postmill.tables.flow_runs import flow_event, flow_run
from postmill.tables.flow_runs.flow_run import FlowRow, Placed, Writes

MOST_EVENTS = 1000
MOST_COPIED_ARGS = 4096
EVENTS_BETWEEN_PAUSES = 50
UNKNOWN = "unknown"


class Unit:
    """Made for one commit and thrown away, also when the commit fails."""

    def __init__(
        self,
        around: Surroundings,
        evaluator: Expressions,
        limits: Limits,
        *,
        known: Callable[[UUID], FlowInHand | None],
        may_hand_off: Callable[[NewJob], bool],
    ) -> None:
        self._around = around
        self._evaluator = evaluator
        self._limits = limits
        self._known = known
        self._may_hand_off = may_hand_off
        self._children = Children(around)
        self._events: deque[tuple[UUID, Event, UUID | None]] = deque()
        self.flows: dict[UUID, FlowInHand] = {}
        self.writes = Writes()
        self.jobs: dict[UUID, tuple[NewJob, Placed]] = {}
        self.joining: dict[
            UUID, tuple[Debounce, UUID]
        ] = {}  # of these: steps that wait for others, and their run
        self.next: NewJob | None = None
        self.claimed: ClaimedJob | None = None  # the next one in this worker's hands, once it is made ready
        self.left_over: set[UUID] = set()
        self._done: dict[UUID, dict[str, c.Remember]] = {}
        self._items = LoopItems(around.pool)
        self._contexts = _contexts_in(around, self._evaluator, InHand(self.flows, self._done))
        self._child_args = ChildArgs(around.pool, self._items, self._contexts, self.jobs)

    # -- what goes in --

    def offer(self, flow_id: UUID, event: Event, child_job: UUID | None = None) -> None:
        """An event for a flow; ``child_job`` is the child that it is about."""
        self._events.append((flow_id, event, child_job))

    def record(self, ended: Ended) -> None:
        """An attempt whose end is part of this commit."""
        self.writes.ended.append(ended)
        if ended.new_args is not None:
            self.writes.args.append((ended.id, ended.new_args))

    async def flow(self, flow_id: UUID) -> FlowInHand | None:
        """The flow as it is known or stored; None when it has ended or never was."""
        flow = self.flows.get(flow_id)
        if flow is not None:
            return flow
        flow = self._known(flow_id)
        if flow is None:
            row = await flow_run.load(self._around.pool, flow_id)
            if row is None or row.place is None or row.kind not in ("flow", "flowpreview"):
                return None
            flow = await self.take(row)
        self.flows[flow_id] = flow
        return flow

    async def take(self, row: FlowRow) -> FlowInHand:
        """A stored flow. Raises PostmillError when its document cannot be had."""
        origin = read_origin(row)
        view = await self._around.documents.view(row.workspace_id, origin.document, origin.place)
        state = read_state(row)
        flow = FlowInHand(row=row, origin=origin, view=view, state=state, version=row.version)
        if origin.inherits and origin.parent is not None:
            flow.inherited = merged(await self._args_of(origin.parent), row.args)
        self.flows[row.id] = flow
        return flow

    async def add(self, job: NewJob) -> FlowInHand:
        """A launched flow that is stored with this unit. Raises PostmillError when its document cannot be had."""
        row = row_of(job)
        origin = first_origin(row)
        if job.raw_code is not None:
            self._around.documents.learn(job.id, job.raw_code)
        view = await self._around.documents.view(row.workspace_id, origin.document, origin.place)
        flow = FlowInHand(row, origin, view, read_state(row), version=None, is_new=True)
        self.flows[job.id] = flow
        self.jobs[job.id] = (job, Placed(place="suspended"))
        return flow

    async def _args_of(self, flow_id: UUID) -> str:
        """The arguments of a flow around another, whether it is in hand or not."""
        flow = self.flows.get(flow_id) or self._known(flow_id)
        if flow is not None:
            return flow.args_text
        return await whole_args(self._around.pool, flow_id)

    # -- the work --

    async def run(self) -> None:
        """Carries out what follows from the events. What is too much for one commit is left in inboxes."""
        count = 0
        while self._events:
            flow_id, event, child_job = self._events.popleft()
            if count >= MOST_EVENTS and isinstance(event, ChildEnded) and child_job is not None:
                self.writes.told.append((flow_id, child_job))
                self.left_over.add(flow_id)
                continue
            flow = await self.flow(flow_id)
            if flow is None:
                continue
            await self._decide(flow, event)
            count += 1
            if count % EVENTS_BETWEEN_PAUSES == 0:
                await asyncio.sleep(0)

    async def _decide(self, flow: FlowInHand, event: Event) -> None:
        # Also where nothing follows. What is in hand may be older than what is stored, and would take the end of an
        # attempt that it has not heard of for an old one: the commit compares their versions.
        flow.is_changed = True
        pending: deque[Event] = deque([event])
        while pending:
            decision = decide(flow.view, flow.state, pending.popleft(), self._limits)
            flow.state = decision.state
            for command in decision.commands:
                answer = await self._carry_out(flow, command)
                if answer is not None:
                    pending.append(answer)

    async def _carry_out(self, flow: FlowInHand, command: c.Command) -> Event | None:
        if isinstance(command, c.Ask):
            return await self._ask(flow, command)
        if isinstance(command, c.Start):
            for index in range(command.first, command.first + command.count):
                await self._start(flow, command, index)
        elif isinstance(command, c.Remember):
            self._done.setdefault(flow.id, {})[command.step] = command
            _answer_early(flow, command)
        elif isinstance(command, c.KeepItems):
            self._items.keep(flow, command, self.writes)
        elif isinstance(command, c.Wait):
            return await self._wait(flow, command)
        elif isinstance(command, c.UseArgs):
            return await self._use_args(flow, command)
        elif isinstance(command, c.Note):
            self.writes.notes.append((flow.origin.root, f"{command.text}\n"))
        elif isinstance(command, c.Finish):
            await self._finish(flow, command)
        return None

    # -- expressions --

    async def _ask(self, flow: FlowInHand, command: c.Ask) -> Evaluated:
        contexts = self._contexts(flow)
        values: dict[str, str | ExpressionError] = {}
        for name, transform in command.transforms.items():
            value = await contexts.evaluate(transform, command.scope)
            secrets: Sequence[str] = contexts.secrets
            if isinstance(value, str) and isinstance(transform, Static):
                value, secrets = await self._dereferenced(flow, value)
            if isinstance(value, str) and name == "iterator":
                value = await self._items_of(flow, value, secrets)
            values[name] = NULL if value is None else value
        return Evaluated(values)

    async def _items_of(self, flow: FlowInHand, text: str, secrets: Sequence[str]) -> str | ExpressionError:
        """What a loop goes over, as it is kept: with the rows that it refers to, without readable secrets."""
        try:
            text = await self._around.with_rows(flow.row, text)
        except PostmillError as error:
            return ExpressionError(error.message)
        return await sealed_items(self._around, flow, text, secrets) if secrets else text

    async def _dereferenced(self, flow: FlowInHand, text: str) -> tuple[str | ExpressionError, Sequence[str]]:
        """Values that the engine itself reads have their references resolved here; others when the step runs."""
        if not mentions_references(text):
            return text, ()
        try:
            found = await self._around.resolved(flow.row, json.decode(text))
        except PostmillError as error:
            return ExpressionError(error.message), ()
        return found.text, found.secrets

    # -- children --

    async def _start(self, flow: FlowInHand, start: c.Start, index: int) -> None:
        work = start.work
        if isinstance(work, c.PassOn):
            await self._pass_on(flow, start, work, index)
            return
        if isinstance(work, c.RunSteps):
            await self._start_steps(flow, start, work, index)
            return
        try:
            args = await self._child_args.make(flow, start, index)
        except Unbuilt as unbuilt:
            self._fail(flow, start, index, unbuilt.message, unbuilt=True)
            return
        try:
            child = await self._children.make(flow, start, index, args.text, preprocessed=args.preprocessed)
            if args.secrets:
                sealed = await sealed_args(self._around, flow.origin.root, child.job, args.secrets)
                child.job = msgspec.structs.replace(child.job, args=sealed)
        except PostmillError as error:
            reason = error.message.removeprefix("Not found: ").removeprefix("Bad request: ")
            named = f"step {work.module.id!r}"
            self._fail(flow, start, index, reason if named in reason else f"{named} cannot start: {reason}")
            return
        flow.note_deletion(child.job.delete_after_seconds is not None)
        joins = _joined(flow, start, work, child.job)
        if joins is not None and joins.accumulate and args.secrets:
            joins = None  # what is sealed for one run opens in no other
        if joins is not None:
            start = msgspec.structs.replace(start, delay=start.delay + joins.delay_seconds)
            self.joining[child.job.id] = (joins, flow.origin.root)
            if joins.accumulate:
                child.job = msgspec.structs.replace(child.job, cache_key=None, cache_ttl_seconds=None)
        if child.origin is not None:
            await self._start_flow(flow, child, start, index)
        else:
            self._start_script(child.job, start)

    async def _start_steps(self, flow: FlowInHand, start: c.Start, work: c.RunSteps, index: int) -> None:
        """The body of a loop or a branch. Long arguments stay with the flow around it, for all of its turns."""
        more = "{}"
        if start.iterates:
            more = iters_of(flow.args_text, index, await self._items.item(flow, start, index))
        inherits = len(flow.args_text) > MOST_COPIED_ARGS
        whole = merged(flow.args_text, more) if start.iterates else flow.args_text
        child = self._children.steps(flow, start, work, index, more if inherits else whole, inherits=inherits)
        flow.note_deletion(child.job.delete_after_seconds is not None)
        await self._start_flow(flow, child, start, index, whole if inherits else None)

    async def _pass_on(self, flow: FlowInHand, start: c.Start, work: c.PassOn, index: int) -> None:
        value = await value_text(self._around.pool, flow, work.value)
        if start.delay > 0:
            job = self._children.identity(flow, start, index, f'{{"previous_result":{value}}}')
            self.jobs[job.id] = (job, Placed(place="ready", delay=start.delay))
            return
        job = self._children.identity(flow, start, index)
        self._complete(flow, job, "success", value, skipped=work.skipped)

    def _fail(
        self, flow: FlowInHand, start: c.Start, index: int, message: str, *, unbuilt: bool = False
    ) -> None:
        job = self._children.failed(flow, start, index)
        self._complete(flow, job, "failure", engine_error(message, _named(start)), unbuilt=unbuilt)

    def _complete(
        self,
        flow: FlowInHand,
        job: NewJob,
        status: str,
        result: str,
        *,
        skipped: bool = False,
        unbuilt: bool = False,
    ) -> None:
        """A child that has ended before it was stored."""
        self.jobs[job.id] = (job, Placed(place="completed", status=status, result=result))  # type: ignore[arg-type]
        key = (job.flow_step_id or "", job.flow_attempt or 0, job.flow_index or 0)
        flow.results[key] = result
        event = child_ended(key, status, result, random.random())  # type: ignore[arg-type]  # noqa: S311
        self.offer(flow.id, msgspec.structs.replace(event, skipped=skipped, unbuilt=unbuilt), job.id)

    async def _start_flow(
        self, flow: FlowInHand, child: Child, start: c.Start, index: int, inherited: str | None = None
    ) -> None:
        assert child.origin is not None
        point = _restart_within(flow, start, index)
        if point is not None:
            try:
                await self._restart(child, point)
            except PostmillError as error:
                self._fail(flow, start, index, error.message)
                return
        job, origin, state = child.job, child.origin, child.state
        assert origin is not None and state is not None
        # What it takes over from an earlier run can be read only once it is stored.
        # What the cache has of it is read by whoever claims it.
        goes_on_here = (
            start.delay == 0
            and not start.parallel
            and job.concurrency_key is None
            and job.cache_key is None
            and point is None
        )
        if not goes_on_here:
            place = "parked" if job.concurrency_key is not None else "ready"
            self.jobs[job.id] = (job, Placed(place=place, delay=start.delay))
            self.writes.begun.append((job.id, job.workspace_id, state_text(state), origin))
            return
        try:
            view = await self._around.documents.view(job.workspace_id, origin.document, origin.place)
        except PostmillError as error:
            self._fail(flow, start, index, error.message)
            return
        row = row_of(job)
        self.flows[job.id] = FlowInHand(
            row=row,
            origin=origin,
            view=view,
            state=state,
            version=None,
            is_new=True,
            inherited=inherited,
        )
        self.jobs[job.id] = (job, Placed(place="suspended"))
        self.offer(job.id, Begin())

    async def _restart(self, child: Child, point: RestartedFrom) -> None:
        """Lets a turn, branch or flow begin at a step of its own. Raises PostmillError."""
        assert child.origin is not None and child.state is not None
        place = child.origin.place
        view = await self._around.documents.view(child.job.workspace_id, child.origin.document, place)
        beginning = await beginning_of(self._around.pool, view, point)
        child.origin = msgspec.structs.replace(child.origin, restarted_from=point)
        child.state = msgspec.structs.replace(
            beginning.state, depth=child.state.depth, suffix=child.state.suffix
        )
        child.job = msgspec.structs.replace(child.job, cache_key=None, cache_ttl_seconds=None)
        self.writes.copied.append(beginning.copied_to(child.job.id))

    def _start_script(self, job: NewJob, start: c.Start) -> None:
        place = "parked" if job.concurrency_key is not None else "ready"
        if place == "ready" and start.delay == 0 and self.next is None and self._may_hand_off(job):
            place, self.next = "running", job
        self.jobs[job.id] = (job, Placed(place=place, delay=start.delay))

    # -- waiting --

    async def _wait(self, flow: FlowInHand, command: c.Wait) -> Answers | None:
        flow.awaited = max(1, command.missing)
        if not command.begins:
            return None
        flow.patience = command.suspend.timeout
        return await self.answers(flow, command.step)

    async def answers(self, flow: FlowInHand, step: str, *, timed_out: bool = False) -> Answers:
        """What has come in for a step of the flow."""
        pool = self._around.pool
        events = await flow_event.events_of(pool, flow.id, step, [flow.id, flow.origin.root])
        refusals = [event for event in events if event.kind == "disapprove"]
        approvals = len(events) - len(refusals)
        refused_by = (refusals[0].approver or UNKNOWN) if refusals else None
        return Answers(approvals, refused_by, timed_out)

    async def _use_args(self, flow: FlowInHand, command: c.UseArgs) -> Prepared:
        text = await value_text(self._around.pool, flow, command.value)
        first = text.lstrip()[:1]
        if first != "{":
            text = "{}" if text.strip() == NULL else f'{{"value":{text}}}'
        flow.args = text
        try:
            settled = await settled_by_args(self._around, flow)
        except PostmillError as error:
            return Prepared(refusal=error.message.removeprefix("Bad request: "))
        if settled is None:
            return Prepared()
        flow.settled, flow.joins = settled
        flow.row = msgspec.structs.replace(
            flow.row,
            tag=flow.settled.tag,
            concurrency_key=flow.settled.concurrency_key,
            concurrency_window_seconds=flow.settled.concurrency_window_seconds,
        )
        return Prepared(waits=flow.settled.concurrency_key is not None or flow.joins is not None)

    # -- ends --

    async def _finish(self, flow: FlowInHand, command: c.Finish) -> None:
        end = command.end
        flow.end_result = await value_text(self._around.pool, flow, end.value)
        row = flow.row
        key = flow.child_key
        if key is None or row.parent_job is None:
            return
        is_step_of_code = row.flow_attempt is None  # of a workflow as code, which no flow driver knows
        if flow.origin.parallel or is_step_of_code:
            self.writes.told.append((row.parent_job, flow.id))
            self.left_over.add(row.parent_job)
            return
        parent = await self.flow(row.parent_job)
        if parent is None:
            return
        parent.results[key] = flow.end_result
        parent.note_deletion(flow.state.deletes)
        event = child_ended(key, end.status, flow.end_result, random.random(), end)  # noqa: S311 - spreads load
        self.offer(parent.id, event, flow.id)

    async def end(self, flow: FlowInHand, end: End) -> None:
        """Ends a flow of which nothing runs, with what is known without it."""
        flow.state.phase, flow.state.end = "ended", end
        await self._finish(flow, c.Finish(end))

    def cancel(self, flow: FlowInHand, result: str) -> None:
        self.offer(flow.id, Canceled(result))

    def remembered(self) -> list[tuple[UUID, str, UUID, str]]:
        """The outcomes of steps, as they are stored."""
        return [
            (flow_id, step, self.flows[flow_id].origin.scope, msgspec.json.encode(done).decode())
            for flow_id, steps in self._done.items()
            for step, done in steps.items()
        ]


def _answer_early(flow: FlowInHand, done: c.Remember) -> None:
    """The result of this step may be all that the caller waits for."""
    whole = flow.view.flow
    if flow.origin.root == flow.id and flow.view.is_whole and whole.early_return == done.step:
        flow.answers_early = flow.answers_early or done.success or may_fail_early(whole)


def _joined(flow: FlowInHand, start: c.Start, work: c.RunModule, job: NewJob) -> Debounce | None:
    """How a step waits for those of later runs. Inside a flow that is a step itself it runs by itself, at once."""
    wanted = work.module.debouncing
    if wanted is None or start.attempt > 0 or flow.origin.scope != flow.origin.root:
        return None
    return step_joined(wanted, flow.row, start.step, job.args)


def _named(start: c.Start) -> str:
    """The step that an error speaks of: where a step is the whole turn of a loop that one, and not the loop."""
    work = start.work
    return work.module.id if isinstance(work, c.RunModule) and work.turn else start.step


def _contexts_in(
    around: Surroundings, evaluator: Expressions, hand: InHand
) -> Callable[[FlowInHand], Contexts]:
    """Does not refer to the unit: a unit that refers to itself would keep the results in it for a long time."""
    return lambda flow: Contexts(around, evaluator, flow, hand)


def _restart_within(flow: FlowInHand, start: c.Start, index: int) -> RestartedFrom | None:
    """Where the child begins if it is the one with which a restarted flow goes on."""
    point = flow.origin.restarted_from
    if point is None or start.attempt > 0 or start.step != point.step_id:
        return None
    return point.nested if index == (point.branch_or_iteration_n or 0) else None


def row_of(job: NewJob) -> FlowRow:
    """A flow job that is not stored yet, as if it were."""
    moment = now()
    shared = {
        name: getattr(job, name) for name in FlowRow.__struct_fields__ if name in NewJob.__struct_fields__
    }
    return FlowRow(
        **{
            **shared,
            "scheduled_for": moment,
            "started_at": moment,
            "preprocessed": False,
            "place": "suspended",
        }
    )
