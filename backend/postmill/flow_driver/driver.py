"""Drives flows from inside a worker: a claimed flow, a child that ended in a slot, an inbox that filled.

Whatever fails halfway leaves the database as it was; whoever comes next, in whatever process, finds the same events.
"""

import asyncio
import logging
import random
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

import msgspec

from postmill.db.pool import Pool, Session
from postmill.db.retry import retrying
from postmill.flow_driver.children import engine_error
from postmill.flow_driver.contexts import Expressions
from postmill.flow_driver.flow_in_hand import FlowInHand, state_text
from postmill.flow_driver.reports import child_ended
from postmill.flow_driver.surroundings import Surroundings
from postmill.flow_driver.unit import Unit
from postmill.flow_logic.events import Begin
from postmill.flow_logic.state import End, State
from postmill.flow_logic.values import Written
from postmill.flow_logic.view import Limits
from postmill.kernel.crash_points import crash_point
from postmill.kernel.errors import PostmillError
from postmill.model.flow import ScriptStep, Subflow, all_modules
from postmill.model.job import ClaimedJob, Ended, NewJob
from postmill.queue.cancel import canceled_result
from postmill.queue.permits import promote_in
from postmill.queue.results import is_long, store_long, whole_result
from postmill.tables import cached_result, concurrency, flow_run, queue
from postmill.tables.flow_run import Driven, FlowRow, Message, Placed, StaleFlow, Writes

MOST_KNOWN = 2000
MOST_MESSAGES = 500
TRIES = 50
LONGEST_PAUSE_SECONDS = 0.2
FEW = 20
GATHERING_SECONDS_PER_CHILD = 0.0002
LONGEST_GATHERING_SECONDS = 0.05

_log = logging.getLogger(__name__)
_states = msgspec.json.Decoder(State)
Result = TypeVar("Result", Driven, Placed)


@dataclass(frozen=True)
class Went:
    """What came of driving: whether the ended attempt counted, and the job that this slot goes on with."""

    counted: bool = True
    next: ClaimedJob | None = None


class Driver:
    """One per worker process. ``tags`` are those of jobs that the asking slot goes on with at once."""

    def __init__(
        self,
        around: Surroundings,
        evaluator: Expressions,
        worker: str,
        *,
        limits: Limits,
        on_root_ended: Callable[[UUID], None] = lambda _flow: None,
    ) -> None:
        """``on_root_ended`` is told of same-worker flows that have ended."""
        self._around = around
        self._evaluator = evaluator
        self._worker = worker
        self._limits = limits
        self._on_root_ended = on_root_ended
        self._known: OrderedDict[UUID, FlowInHand] = OrderedDict()
        self._advancing: dict[UUID, bool] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def _pool(self) -> Pool:
        return self._around.pool

    # -- a claimed flow --

    async def drive(self, job: ClaimedJob, *, tags: Collection[str]) -> Went:
        """Takes a claimed flow as far as it goes: it begins, has messages, or was waited for long enough."""
        self._known.pop(job.id, None)

        async def attempt() -> Went:
            return await self._drive_once(job, tags)

        return await self._again_if_stale(attempt)

    async def _drive_once(self, job: ClaimedJob, tags: Collection[str]) -> Went:
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
        went = await self._commit(unit)
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
                flow.state.end = End("success", Written(cached))
                flow.end_result = cached
                return
            unit.offer(flow.id, Begin())
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
        return (
            found.result if found.result_blob is None else await whole_result(self._pool, found.result_blob)
        )

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
        end = None if message.state is None else _states.decode(message.state).end
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

    # -- a child that ended here --

    async def child_ended(self, job: ClaimedJob, ended: Ended, *, tags: Collection[str]) -> Went | None:
        """Records how a child ended together with what follows. None: the caller records it, with ``inbox`` set."""
        parent = job.parent_job
        if parent is None or job.flow_step_id is None or ended.result is None or is_long(ended.result):
            return None
        if await self._is_beside_others(parent):
            return None

        async def attempt() -> Went:
            return await self._child_ended_once(job, ended, parent, tags)

        return await self._again_if_stale(attempt)

    async def _is_beside_others(self, parent: UUID) -> bool:
        """Whether a flow's children end side by side, or it has ended."""
        flow = await self._flow_of(parent)
        if flow is None:
            return True
        state = flow.state
        if state.phase != "steps" or state.step >= len(flow.view.modules):
            return state.phase not in ("failure", "preprocessor")
        return bool(getattr(flow.view.modules[state.step].value, "parallel", False)) and not state.skipped

    async def _child_ended_once(
        self, job: ClaimedJob, ended: Ended, parent: UUID, tags: Collection[str]
    ) -> Went:
        unit = self._unit(tags)
        unit.record(ended)
        flow = await unit.flow(parent)
        if flow is not None:
            key = (job.flow_step_id or "", job.flow_attempt or 0, job.flow_index or 0)
            result = ended.result or "null"
            flow.results[key] = result
            unit.offer(parent, child_ended(key, ended.status, result, random.random()))  # noqa: S311
        await unit.run()
        return await self._commit(unit)

    async def shared_by(self, job: ClaimedJob) -> UUID | None:
        """The outermost flow of a step whose flow runs on one worker with a shared folder."""
        if job.parent_job is None or job.flow_step_id is None:
            return None
        flow = await self._flow_of(job.parent_job)
        return flow.origin.root if flow is not None and flow.view.flow.same_worker else None

    async def _flow_of(self, flow_id: UUID) -> FlowInHand | None:
        """A flow that runs, as far as this worker knows it; None for one that has ended or cannot be read."""
        flow = self._known.get(flow_id)
        if flow is None:
            row = await flow_run.load(self._pool, flow_id)
            if row is None or row.place is None or row.state is None:
                return None
            try:
                flow = await self._unit(()).take(row)
            except PostmillError:
                return None
            self._keep(flow)
        return flow

    # -- inboxes --

    def advance(self, flow_id: UUID) -> None:
        """Has a flow look into its inbox soon; calls that come meanwhile share the next look."""
        if flow_id in self._advancing:
            self._advancing[flow_id] = True
            return
        self._advancing[flow_id] = False
        task = asyncio.create_task(self._advance(flow_id))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _advance(self, flow_id: UUID) -> None:
        try:
            while True:
                self._advancing[flow_id] = False
                await asyncio.sleep(self._worth_waiting(flow_id))
                if await self._look_into_inbox(flow_id):
                    continue
                if not self._advancing[flow_id]:
                    return
        except Exception:
            # The messages stay where they are: a duty of the server has the flow claimed if nobody else looks.
            _log.exception("flow %s could not be driven", flow_id)
        finally:
            self._advancing.pop(flow_id, None)

    def _worth_waiting(self, flow_id: UUID) -> float:
        """Seconds in which more children end, where many are under way and none waits for another to end."""
        flow = self._known.get(flow_id)
        if flow is None or flow.state.stage != "children" or flow.state.started < flow.state.total:
            return 0.0
        left = flow.state.total - flow.state.finished
        return min(LONGEST_GATHERING_SECONDS, left * GATHERING_SECONDS_PER_CHILD) if left > FEW else 0.0

    async def _look_into_inbox(self, flow_id: UUID) -> bool:
        """Whether there may be more."""

        async def attempt() -> Went:
            unit = self._unit(())
            try:
                flow = await unit.flow(flow_id)
            except PostmillError:
                return Went(counted=False)  # whoever claims the flow ends it with the reason
            if flow is None:
                return Went(counted=False)
            more = await self._offer_messages(unit, flow)
            if not unit.writes.known:
                return Went(counted=False)
            await unit.run()
            await self._commit(unit)
            return Went(counted=more)

        return (await self._again_if_stale(attempt)).counted

    async def settle(self) -> None:
        """Waits for what is under way."""
        while self._tasks:
            await asyncio.gather(*list(self._tasks), return_exceptions=True)

    # -- one commit --

    def _unit(self, tags: Collection[str]) -> Unit:
        return Unit(
            self._around,
            self._evaluator,
            self._limits,
            known=self._known_copy,
            may_hand_off=lambda job: job.tag in tags,
        )

    def _known_copy(self, flow_id: UUID) -> FlowInHand | None:
        """What is known of a flow since its last commit; a copy, for the commit may fail."""
        flow = self._known.get(flow_id)
        if flow is None:
            return None
        return FlowInHand(
            row=flow.row,
            origin=flow.origin,
            view=flow.view,
            state=flow.state,
            version=flow.version,
            results=dict(flow.results),
            args=flow.args,
            inherited=flow.inherited,
        )

    def _keep(self, flow: FlowInHand) -> None:
        self._known[flow.id] = flow
        self._known.move_to_end(flow.id)
        if len(self._known) > MOST_KNOWN:
            self._known.popitem(last=False)

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

    async def _commit(self, unit: Unit) -> Went:
        writes = self._writes(unit)
        crash_point("flow.commit.before_commit")
        try:
            now = await self._write(unit, writes)
        except StaleFlow:
            for flow_id in unit.flows:
                self._known.pop(flow_id, None)
            raise
        crash_point("flow.commit.after_commit")
        for flow in unit.flows.values():
            self._remember(flow)
        for flow_id in unit.left_over:
            self.advance(flow_id)
        for flow in unit.flows.values():
            if flow.state.end is not None and flow.state.end.status == "canceled":
                await self._cancel_children(flow)
        following = None if unit.next is None else claimed_at_birth(unit.next, now)
        return Went(next=following)

    async def _cancel_children(self, flow: FlowInHand) -> None:
        """What a flow started between the wish to cancel it and its end."""
        by, reason = flow.row.canceled_by or "", flow.row.canceled_reason
        result = canceled_result(by, reason)
        await retrying(lambda: queue.cancel_descendants(self._pool, [flow.id], by, reason, result))

    def _remember(self, flow: FlowInHand) -> None:
        if flow.state.end is not None:
            self._known.pop(flow.id, None)
            if flow.origin.root == flow.id and flow.view.flow.same_worker:
                self._on_root_ended(flow.id)
            return
        if flow.is_new or flow.version is None:
            flow.version = 1
        elif flow.is_changed:
            flow.version += 1
        flow.is_new, flow.held, flow.is_changed = False, None, False
        flow.awaited = flow.patience = flow.early = None
        # What the next step may read first; all of it lies in the database.
        flow.results = dict(list(flow.results.items())[-2:])
        self._keep(flow)

    async def _write(self, unit: Unit, writes: Writes) -> datetime:
        keys = _keys(unit)
        roots = [flow for flow in unit.flows.values() if _has_deletions(flow)]
        is_plain = not keys and not roots and not writes.copied and not _has_long_results(writes)
        if is_plain:
            return await flow_run.commit(self._pool, writes, self._worker)
        async with self._pool.acquire() as connection, connection.transaction():
            if keys:
                await concurrency.lock_keys(connection, keys)
            now = await flow_run.commit(connection, await _with_blobs(connection, writes), self._worker)
            await promote_in(connection, keys)
            for copied in writes.copied:
                await flow_run.copy_steps(connection, *copied)
            for root in roots:
                await flow_run.schedule_deletion(connection, root.id, root.row.delete_after_seconds)
            crash_point("flow.commit.inside_transaction")
            return now

    def _writes(self, unit: Unit) -> Writes:
        writes = unit.writes
        writes.steps = unit.remembered()
        for flow in unit.flows.values():
            if flow.is_new:
                self._write_new(unit, flow, writes)
            elif flow.is_changed or flow.held is not None:
                writes.driven.append(_driven(flow))
                if flow.version is None:
                    writes.begun.append((flow.id, flow.row.workspace_id, state_text(flow.state), flow.origin))
            if flow.args is not None and flow.args != flow.row.args:
                writes.args.append((flow.id, flow.args))
        writes.jobs = list(unit.jobs.values())
        return writes

    def _write_new(self, unit: Unit, flow: FlowInHand, writes: Writes) -> None:
        job, _ = unit.jobs[flow.id]
        writes.begun.append((flow.id, job.workspace_id, state_text(flow.state), flow.origin))
        end = flow.state.end
        if end is not None:
            placed = Placed(place="completed", status=end.status, result=flow.end_result)
        else:
            placed = Placed(place="suspended", awaited=flow.awaited, patience=flow.patience)
        unit.jobs[flow.id] = (job, placed)


def _driven(flow: FlowInHand) -> Driven:
    row, end = flow.row, flow.state.end
    awaited = flow.awaited
    if awaited is None and flow.held is None and flow.row.suspend_until is not None:
        awaited = 0
    succeeded = end is not None and end.status == "success"
    return Driven(
        id=flow.id,
        version=flow.version,
        state=state_text(flow.state),
        attempt=flow.held,
        ends=end is not None,
        awaited=awaited,
        patience=flow.patience,
        status=None if end is None else end.status,
        result=flow.end_result,
        canceled_by=row.canceled_by if end is not None and end.status == "canceled" else None,
        canceled_reason=row.canceled_reason if end is not None and end.status == "canceled" else None,
        cache_key=row.cache_key if succeeded else None,
        cache_ttl_seconds=row.cache_ttl_seconds if succeeded else None,
        delete_after_seconds=row.delete_after_seconds if flow.origin.root == flow.id else None,
        early_status=None if flow.early is None else flow.early[0],
        early_result=None if flow.early is None else flow.early[1],
        root=flow.origin.root,
        deadline=_deadline(row),
    )


def _deadline(row: FlowRow) -> datetime | None:
    """When a flow has taken longer than its setting allows."""
    if row.timeout_seconds is None:
        return None
    return row.started_at + timedelta(seconds=row.timeout_seconds)


def _has_deletions(flow: FlowInHand) -> bool:
    """Whether an outermost flow has ended some of whose runs may ask to have their data deleted."""
    if flow.state.end is None or flow.origin.root != flow.id:
        return False
    return flow.row.delete_after_seconds is not None or any(
        module.delete_after_secs is not None or isinstance(module.value, ScriptStep | Subflow)
        for module in all_modules(flow.view.flow)
    )


def _keys(unit: Unit) -> list[str]:
    """Concurrency keys that this commit touches."""
    ended = [flow.row.concurrency_key for flow in unit.flows.values() if flow.state.end is not None]
    parked = [job.concurrency_key for job, placed in unit.jobs.values() if placed.place == "parked"]
    return sorted({key for key in (*ended, *parked) if key is not None})


def _has_long_results(writes: Writes) -> bool:
    return any(d.result is not None and is_long(d.result) for d in writes.driven) or any(
        placed.result is not None and is_long(placed.result) for _, placed in writes.jobs
    )


async def _with_blobs(connection: Session, writes: Writes) -> Writes:
    """The same with long results put into chunks."""

    async def stored(record: Result) -> Result:
        if record.result is None or not is_long(record.result):
            return record
        blob = await store_long(connection, record.result)
        return msgspec.structs.replace(record, result=None, result_blob=blob)

    driven = [await stored(record) for record in writes.driven]
    jobs = [(job, await stored(placed)) for job, placed in writes.jobs]
    return msgspec.structs.replace(writes, driven=driven, jobs=jobs)


def claimed_at_birth(job: NewJob, now: datetime) -> ClaimedJob:
    """A job that was stored in this worker's hands."""
    shared = {
        name: getattr(job, name) for name in ClaimedJob.__struct_fields__ if name in NewJob.__struct_fields__
    }
    return ClaimedJob(
        **{
            **shared,
            "attempt": 1,
            "created_at": now,
            "scheduled_for": now,
            "started_at": now,
            "canceled_by": None,
            "canceled_reason": None,
        }
    )
