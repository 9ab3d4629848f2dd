"""Drives flows from inside a worker: a claimed flow, a child that ended in a slot, an inbox that filled.

Whatever fails halfway leaves the database as it was; whoever comes next, in whatever process, finds the same events.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Container
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.db.retry import retrying
from postmill.flow_driver.children import engine_error
from postmill.flow_driver.commits import Commits, Tells, Unstorable, claimed_at_birth
from postmill.flow_driver.contexts import Expressions
from postmill.flow_driver.flow_in_hand import FlowInHand, state_text
from postmill.flow_driver.foreseen import Foreseen
from postmill.flow_driver.gathering import Looks
from postmill.flow_driver.known_flows import KnownFlows
from postmill.flow_driver.launches import Launches
from postmill.flow_driver.making_ready import NOTHING_AHEAD, BeingStored, MakesReady
from postmill.flow_driver.new_flows import PathsOnly
from postmill.flow_driver.reports import child_ended, is_decided_here
from postmill.flow_driver.surroundings import Surroundings
from postmill.flow_driver.unit import Unit
from postmill.flow_logic.events import Begin, Prepared
from postmill.flow_logic.state import End, State
from postmill.flow_logic.values import Written
from postmill.flow_logic.view import Limits, own_step_id
from postmill.kernel.crash_points import crash_point
from postmill.kernel.errors import PostmillError
from postmill.model.flow_paths import PlaceInFlow, whole_path
from postmill.model.job import ClaimedJob, Ended, NewJob
from postmill.queue.cancel import canceled_result
from postmill.queue.next_door import Storing
from postmill.queue.results import whole_result
from postmill.queue.stored_rows import adopted
from postmill.tables.flow_runs import flow_run, workflow_step
from postmill.tables.flow_runs.flow_run import Driven, FlowRow, Message, Placed, StaleFlow, Writes
from postmill.tables.jobs import cached_result, queue

MOST_MESSAGES = 500
TRIES = 50
LONGEST_PAUSE_SECONDS = 0.2
FEW = 20

_log = logging.getLogger(__name__)
_states = msgspec.json.Decoder(State)
Result = TypeVar("Result", Driven, Placed)


@dataclass(frozen=True)
class Went:
    """What came of driving: whether the ended attempt counted, and the job that this slot goes on with."""

    counted: bool = True
    next: ClaimedJob | None = None


_NOBODY_LISTENS = Went(counted=False)


class Driver:
    """One per worker process. ``tags`` are those of jobs that the asking slot goes on with at once."""

    def __init__(
        self,
        around: Surroundings,
        evaluator: Expressions,
        worker: str,
        *,
        database_url: str,
        limits: Limits,
        on_root_ended: Callable[[UUID], None] = lambda _flow: None,
    ) -> None:
        """``on_root_ended`` is told of same-worker flows that have ended."""
        self._around = around
        self._commits = Commits(around.pool, database_url, worker)
        self._evaluator = evaluator
        self._worker = worker
        self._limits = limits
        self._on_root_ended = on_root_ended
        self._known = KnownFlows()
        self._being_stored = BeingStored(self._commits)
        self._launches = Launches(around.pool, self._commits, self._being_stored, worker)
        self._looks = Looks(self._look_into_inbox, self._worth_gathering)

    def tell_next_door(self, server: Tells) -> None:
        """From now on the server next door hears from here how the flows that it waits for end."""
        self._commits.next_door = server

    @property
    def _pool(self) -> Pool:
        return self._around.pool

    # -- a claimed flow --

    async def drive(
        self, job: ClaimedJob, *, tags: Container[str], ahead: MakesReady = NOTHING_AHEAD
    ) -> Went:
        """Takes a claimed flow as far as it goes: it begins, has messages, or was waited for long enough."""
        self._known.forget(job.id)

        async def attempt() -> Went:
            return await self._drive_once(job, tags, ahead)

        return await self._again_if_stale(attempt)

    async def _drive_once(self, job: ClaimedJob, tags: Container[str], ahead: MakesReady) -> Went:
        row = await flow_run.load(self._pool, job.id)
        if row is None or row.place is None:
            return Went(counted=False)
        unit = self._unit(tags)
        try:
            flow = await unit.take(row)
        except PostmillError as error:
            await self._give_up(job, row, error)
            return Went()
        flow.held = job.attempt
        flow.is_changed = True
        await self._offer_events(unit, flow)
        await unit.run()
        try:
            went = await self._commit(unit, ahead)
        except Unstorable as error:
            self._known.forget_all()
            await self._give_up(job, row, error)
            return Went()
        if len(unit.writes.known) >= MOST_MESSAGES:
            self.advance(job.id)
        return went

    async def _offer_events(self, unit: Unit, flow: FlowInHand) -> None:
        row = flow.row
        if row.canceled_by is not None:
            unit.cancel(flow, canceled_result(row.canceled_by, row.canceled_reason))
            return
        if row.has_expired:
            unit.cancel(flow, canceled_result("its timeout", f"it took longer than {row.timeout_seconds} s"))
            return
        if flow.state.phase == "new":
            cached = await self._cached(row)
            if cached is not None:
                await unit.end(flow, End("success", Written(cached)))
                # Taking a result from the cache does not make it last longer.
                flow.row = msgspec.structs.replace(row, cache_key=None, cache_ttl_seconds=None)
                return
            unit.offer(flow.id, Begin())  # it has no children yet, whose messages could wait
        elif flow.state.stage == "permit":
            unit.offer(flow.id, Prepared())  # nobody is given a flow to drive that waits for a permit still
        else:
            await self._offer_messages(unit, flow)
        if flow.state.stage == "answers":
            before = flow.view.modules[flow.state.step - 1]
            unit.offer(flow.id, await unit.answers(flow, before.id, timed_out=bool(row.overdue)))

    async def _cached(self, row: FlowRow) -> str | None:
        if row.cache_key is None:
            return None
        found = await cached_result.find(self._pool, row.cache_key, row.workspace_id)
        if found is None:
            return None
        if found.result_blob is not None:
            return await whole_result(self._pool, found.result_blob)
        # None where its rows are gone: the flow runs.
        return None if found.result is None else await adopted(self._pool, row.id, found.result)

    async def _offer_messages(self, unit: Unit, flow: FlowInHand) -> bool:
        messages = await flow_run.inbox(self._pool, flow.id, MOST_MESSAGES)
        for message in messages:
            await self._offer_message(unit, flow, message)
        return len(messages) == MOST_MESSAGES

    async def _offer_message(self, unit: Unit, flow: FlowInHand, message: Message) -> None:
        result = message.result
        if message.result_blob is not None:
            result = await whole_result(self._pool, message.result_blob)
        result = "null" if result is None else result
        key = (message.step, message.attempt, message.index)
        state = None if message.state is None else _states.decode(message.state)
        end = None if state is None else state.end
        flow.note_deletion(False if state is None else state.deletes)
        flow.results[key] = result
        unit.writes.known.append((flow.id, message.child_job))
        flow.is_changed = True
        event = child_ended(key, message.status, result, random.random(), end)  # noqa: S311 - spreads load
        unit.offer(flow.id, event, message.child_job)

    async def _give_up(self, job: ClaimedJob, row: FlowRow, error: PostmillError) -> None:
        """A flow that cannot be read ends with that sentence, and its parent is told."""
        _log.warning("flow %s cannot go on: %s", row.id, error.message)
        result = engine_error(error)
        state = State(phase="ended", end=End("failure", Written(result)))
        writes = Writes(
            driven=[
                Driven(
                    id=row.id,
                    version=row.version,
                    state=state_text(state),
                    attempt=job.attempt,
                    ends=True,
                    status="failure",
                    result=result,
                )
            ]
        )
        if row.flow_step_id is not None and row.parent_job is not None:
            writes.told.append((row.parent_job, row.id))
        await retrying(lambda: flow_run.commit(self._pool, writes, self._worker))
        if writes.told:
            self.advance(writes.told[0][0])

    async def launch(
        self,
        job: NewJob,
        *,
        tags: Container[str],
        answer: Callable[[Storing], None],
        ahead: MakesReady = NOTHING_AHEAD,
    ) -> Went:
        """Stores a flow and begins it; ``answer`` is called when it is stored, or when it is not."""
        unit = self._unit(tags, PathsOnly(self._evaluator))
        launched = await self._launches.launch(unit, job, answer, ahead)
        if launched is None:
            return Went()
        if isinstance(launched, ClaimedJob):
            return await self.drive(launched, tags=tags, ahead=ahead)
        self._remember(launched.flow)
        return Went(next=launched.next)

    # -- a child that ended here --

    def foresight(self, job: ClaimedJob, tags: Container[str], ahead: MakesReady) -> Foreseen | None:
        """For a step that runs: what its end will mean can be decided as soon as it is known what it came to.

        None where the end is a message to its flow, and no more.
        """
        if job.flow_step_id is None or self.runs_beside_others(job):
            return None

        async def decide(ended: Ended) -> Unit | None:
            parent = job.parent_job
            if parent is None or ended.new_args is not None or not is_decided_here(job, ended):
                return None
            if await self._is_beside_others(parent):
                return None
            unit = await self._unit_of_end(job, ended, parent, tags)
            if unit is None:
                return None
            self._being_stored.make_ready(unit, ahead)
            return unit

        return Foreseen(decide)

    async def child_ended(
        self,
        job: ClaimedJob,
        ended: Ended,
        *,
        tags: Container[str],
        ahead: MakesReady = NOTHING_AHEAD,
        foreseen: Foreseen | None = None,
    ) -> Went | None:
        """Records how a child ended together with what follows. None: the caller records it, with ``inbox`` set."""
        parent = job.parent_job
        if parent is None or not is_decided_here(job, ended):
            return None
        decided = None if foreseen is None else await foreseen.unit_for(ended)
        if decided is None and await self._is_beside_others(parent):
            return None

        async def attempt() -> Went:
            nonlocal decided
            unit, decided = decided, None
            if unit is not None:
                return await self._commit(unit, ahead, is_made_ready=True)
            unit = await self._unit_of_end(job, ended, parent, tags)
            return _NOBODY_LISTENS if unit is None else await self._commit(unit, ahead)

        try:
            went = await self._again_if_stale(attempt)
            return None if went is _NOBODY_LISTENS else went
        except Unstorable:
            # The end of this child alone can be stored.
            self._known.forget(parent)
            return None

    async def _is_beside_others(self, parent: UUID) -> bool:
        """Whether a flow's children end side by side, or it has ended."""
        flow = await self._flow_of(parent)
        if flow is None:
            return True
        state = flow.state
        if state.phase != "steps" or state.step >= len(flow.view.modules):
            return state.phase not in ("failure", "preprocessor")
        return bool(getattr(flow.view.modules[state.step].value, "parallel", False)) and not state.skipped

    def runs_beside_others(self, job: ClaimedJob) -> bool:
        """Whether all that the end of a step means is a message to its flow, as far as is known without asking."""
        flow = None if job.parent_job is None else self._known.find(job.parent_job)
        if flow is None or flow.view.flow.same_worker or flow.origin.warm:
            return False
        state = flow.state
        if state.phase != "steps" or state.skipped or state.step >= len(flow.view.modules):
            return False
        loop = flow.view.modules[state.step]
        is_squashed = bool(getattr(loop.value, "squash", False))
        return (
            loop.id == job.flow_step_id and bool(getattr(loop.value, "parallel", False)) and not is_squashed
        )

    async def _unit_of_end(
        self, job: ClaimedJob, ended: Ended, parent: UUID, tags: Container[str]
    ) -> Unit | None:
        """None where the flow has ended."""
        unit = self._unit(tags)
        unit.record(ended)
        flow = await unit.flow(parent)
        if flow is None:
            return None
        key = (job.flow_step_id or "", job.flow_attempt or 0, job.flow_index or 0)
        result = ended.result or "null"
        flow.results[key] = result
        unit.offer(parent, child_ended(key, ended.status, result, random.random()))  # noqa: S311
        await unit.run()
        return unit

    async def shared_by(self, job: ClaimedJob) -> UUID | None:
        """The outermost flow of a step whose flow runs on one worker with a shared folder."""
        flow = await self._flow_around(job)
        return flow.origin.root if flow is not None and flow.view.flow.same_worker else None

    async def squashed_by(self, job: ClaimedJob) -> UUID | None:
        """The outermost flow of a step in a loop with ``squash``, whose processes are kept for this run alone."""
        flow = await self._flow_around(job)
        if flow is None:
            return None
        loop = next((module for module in flow.view.modules if module.id == job.flow_step_id), None)
        is_squashed = flow.origin.warm or (loop is not None and getattr(loop.value, "squash", False))
        return flow.origin.root if is_squashed else None

    async def place_of(self, job: ClaimedJob) -> PlaceInFlow | None:
        """Where the job of a step stands; None where it is none of a flow that runs."""
        return _place_in(await self._flow_around(job), job)

    def place_of_plain_step(self, job: ClaimedJob) -> PlaceInFlow | None:
        """The same for a step, also one being stored, that shares neither folder nor processes with its flow."""
        parent = job.parent_job
        flow = None if parent is None else self._being_stored.find(parent) or self._known.find(parent)
        if flow is None or flow.view.flow.same_worker or flow.origin.warm or job.flow_attempt is None:
            return None
        module = next((module for module in flow.view.modules if module.id == job.flow_step_id), None)
        if module is None or getattr(module.value, "squash", False):
            return None
        return _place_in(flow, job)

    def known_place_of(self, job: ClaimedJob) -> PlaceInFlow | None:
        """The same as far as is known without asking."""
        return _place_in(None if job.parent_job is None else self._known.find(job.parent_job), job)

    async def _flow_around(self, job: ClaimedJob) -> FlowInHand | None:
        """The flow of a step, also one that is being stored with it; for what never changes of it."""
        if job.parent_job is None or job.flow_step_id is None or job.flow_attempt is None:
            return None  # a task of a workflow as code, or no step at all
        return self._being_stored.find(job.parent_job) or await self._flow_of(job.parent_job)

    async def _flow_of(self, flow_id: UUID) -> FlowInHand | None:
        """A flow that runs, as far as this worker knows it; None for one that has ended or cannot be read."""
        flow = self._known.find(flow_id)
        if flow is None:
            row = await flow_run.load(self._pool, flow_id)
            if row is None or row.place is None or row.state is None:
                return None
            try:
                flow = await self._unit(()).take(row)
            except PostmillError:
                return None
            self._known.keep(flow)
        return flow

    # -- inboxes --

    def advance(self, flow_id: UUID) -> None:
        """Has a flow look into its inbox soon; calls that come meanwhile share the next look."""
        self._looks.soon(flow_id)

    def _worth_gathering(self, flow_id: UUID) -> int:
        """How many ends one look had better take, where many are under way and none waits for another to end."""
        flow = self._known.find(flow_id)
        if flow is None or flow.state.stage != "children" or flow.state.started < flow.state.total:
            return 0
        left = flow.state.total - flow.state.finished
        return min(left, MOST_MESSAGES) if left > FEW else 0

    async def _look_into_inbox(self, flow_id: UUID) -> bool:
        """Whether there may be more."""

        async def attempt() -> Went:
            unit = self._unit(())
            try:
                flow = await unit.flow(flow_id)
            except PostmillError:
                return Went(counted=False)  # whoever claims the flow ends it with the reason
            if flow is None:
                await workflow_step.wake(self._pool, flow_id)
                return Went(counted=False)
            more = await self._offer_messages(unit, flow)
            if not unit.writes.known:
                return Went(counted=False)
            await unit.run()
            try:
                await self._commit(unit)
            except Unstorable:
                self._known.forget(flow_id)
                await queue.poke(self._pool, [flow_id])  # whoever claims it ends it with the reason
                return Went(counted=False)
            return Went(counted=more)

        return (await self._again_if_stale(attempt)).counted

    async def settle(self) -> None:
        """Waits for what is under way."""
        await self._looks.settle()

    async def close(self) -> None:
        """When nothing is driven any more."""
        await self._commits.close()

    # -- one commit --

    def _unit(self, tags: Container[str], evaluator: Expressions | None = None) -> Unit:
        return Unit(
            self._around,
            evaluator or self._evaluator,
            self._limits,
            known=self._known.copy_of,
            may_hand_off=lambda job: job.tag in tags,
        )

    async def _again_if_stale(self, attempt: Callable[[], Awaitable[Went]]) -> Went:
        for number in range(TRIES):
            try:
                return await retrying(attempt)
            except StaleFlow as stale:
                if stale.is_late:
                    return Went(counted=False)
                if number > 1:
                    await asyncio.sleep(random.uniform(0, LONGEST_PAUSE_SECONDS))  # noqa: S311 - spreads load
        raise StaleFlow("stale")

    async def _commit(
        self, unit: Unit, ahead: MakesReady = NOTHING_AHEAD, *, is_made_ready: bool = False
    ) -> Went:
        crash_point("flow.commit.before_commit")
        making = None if is_made_ready else self._being_stored.make_ready_soon(unit, ahead)
        try:
            now = await self._commits.write(unit)
        except StaleFlow:
            for flow_id in unit.flows:
                self._known.forget(flow_id)
            raise
        finally:
            if making is not None:
                making.cancel()
        crash_point("flow.commit.after_commit")
        if unit.next is not None:
            ahead.stored(unit.next.id)
        for flow in unit.flows.values():
            self._remember(flow)
        for flow_id in unit.left_over:
            self.advance(flow_id)
        for flow in unit.flows.values():
            if flow.state.end is not None and flow.state.end.status == "canceled":
                await self._cancel_children(flow)
        following = unit.claimed
        if following is None and unit.next is not None:
            following = claimed_at_birth(unit.next, now)
        return Went(next=following)

    async def _cancel_children(self, flow: FlowInHand) -> None:
        """What a flow started between the wish to cancel it and its end. Never raises: the flow's end is stored."""
        by, reason = flow.row.canceled_by or "", flow.row.canceled_reason
        result = canceled_result(by, reason)
        try:
            await retrying(lambda: queue.cancel_descendants(self._pool, [flow.id], by, reason, result))
        except Exception:
            _log.exception(
                "what flow %s had started last could not be cancelled; it runs to its own end", flow.id
            )

    def _remember(self, flow: FlowInHand) -> None:
        if flow.state.end is not None:
            self._known.forget(flow.id)
            if flow.origin.root == flow.id and flow.view.flow.same_worker:
                self._on_root_ended(flow.id)
            return
        if flow.is_new or flow.version is None:
            flow.version = 1
        elif flow.is_changed:
            flow.version += 1
        flow.is_new, flow.held, flow.is_changed = False, None, False
        flow.awaited = flow.patience = None
        flow.answers_early = False
        flow.settled = flow.joins = None
        # What the next step may read first; all of it lies in the database.
        flow.results = dict(list(flow.results.items())[-2:])
        self._known.keep(flow)


def _place_in(flow: FlowInHand | None, job: ClaimedJob) -> PlaceInFlow | None:
    if flow is None or job.flow_step_id is None:
        return None
    return PlaceInFlow(whole_path(flow.row.path or ""), own_step_id(flow.view, job.flow_step_id))
