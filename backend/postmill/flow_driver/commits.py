"""One commit of the driver: everything that a unit of work comes to, written in one transaction."""

from datetime import datetime, timedelta
from operator import attrgetter
from typing import Protocol, TypeVar
from uuid import UUID

import asyncpg
import msgspec

from postmill.db.line import Lines
from postmill.db.pool import Pool, Session
from postmill.flow_driver.flow_in_hand import FlowInHand, state_text
from postmill.flow_driver.unit import Unit
from postmill.kernel.clock import now as clock_now
from postmill.kernel.crash_points import crash_point
from postmill.kernel.errors import PostmillError
from postmill.model.job import ClaimedJob, JobStatus, NewJob
from postmill.queue.debounce import Debounce, join_in
from postmill.queue.permits import promote_in
from postmill.queue.results import is_long, store_long
from postmill.tables.flow_runs import flow_commit, flow_run
from postmill.tables.flow_runs.flow_run import Driven, FlowRow, Placed, Writes
from postmill.tables.jobs import concurrency

Result = TypeVar("Result", Driven, Placed)

LINES = 3
# The statements are planned once and go by the indexes, whatever the statistics say at that moment.
PLANS = """
    SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off; SET enable_hashjoin = off;
    SET enable_mergejoin = off
"""


class Unstorable(PostmillError):
    """What a decision comes to has a value that the database cannot hold; trying again would not help."""


class Tells(Protocol):
    """The server next door, which may be told how a flow ended without a notification."""

    def can_tell(self, job_id: UUID, result: str | None) -> bool: ...

    def tell(self, job_id: UUID, status: JobStatus, result: str | None) -> None: ...


class Commits:
    """Writes what units come to, in this worker's name."""

    def __init__(self, pool: Pool, database_url: str, worker: str) -> None:
        self._pool = pool
        self._lines = Lines(database_url, "postmill flows", PLANS, LINES)
        self._worker = worker
        self.next_door: Tells | None = None
        self._database_is_ahead = timedelta(0)

    def about_now(self) -> datetime:
        """The database's time, as far as the last commit told."""
        return clock_now() + self._database_is_ahead

    async def close(self) -> None:
        await self._lines.close()

    async def write(self, unit: Unit) -> datetime:
        """Answers the database's time. Raises StaleFlow, and Unstorable."""
        try:
            return await self._write(unit)
        except asyncpg.DataError as error:
            raise Unstorable(f"what follows in the flow cannot be stored: {error}") from None

    async def launch(self, unit: Unit) -> datetime | None:
        """Stores a new flow with its first step; None where more has to be written, and nothing is.

        Raises Unstorable, and as the driver of the database does for an id that is taken.
        """
        try:
            return await flow_commit.launch(self._lines, writes_of(unit), self._worker)
        except asyncpg.DataError as error:
            raise Unstorable(f"the flow cannot be stored: {error}") from None

    async def _write(self, unit: Unit) -> datetime:
        writes = writes_of(unit)
        told = self._told_directly(writes)
        now = await self._write_all(unit, writes)
        self._database_is_ahead = now - clock_now()
        for flow in told:
            assert self.next_door is not None and flow.status is not None
            self.next_door.tell(flow.id, flow.status, flow.result)
        return now

    def _told_directly(self, writes: Writes) -> list[Driven]:
        """The flows that end and whose end the server next door hears from here."""
        next_door = self.next_door
        if next_door is None or not any(flow.ends for flow in writes.driven):
            return []
        told = [
            msgspec.structs.replace(flow, told_directly=True)
            for flow in writes.driven
            if flow.ends and next_door.can_tell(flow.id, flow.result)
        ]
        by_id = {flow.id: flow for flow in told}
        writes.driven = [by_id.get(flow.id, flow) for flow in writes.driven]
        return told

    async def _write_all(self, unit: Unit, writes: Writes) -> datetime:
        keys = _keys(unit)
        roots = [flow for flow in unit.flows.values() if _has_deletions(flow)]
        settled = [flow for flow in unit.flows.values() if flow.settled is not None]
        joining = [
            job for job, placed in writes.jobs if job.id in unit.joining and placed.place != "completed"
        ]
        if (
            not keys
            and not roots
            and not settled
            and not joining
            and not writes.copied
            and not _has_long_results(writes)
        ):
            return await self._write_plain(writes)
        async with self._pool.acquire() as connection, connection.transaction():
            if keys:
                await concurrency.lock_keys(connection, keys)
            now = await flow_run.commit(connection, await _with_blobs(connection, writes), self._worker)
            for flow in settled:
                await _settle(connection, flow)
            for job in joining:
                how, run = unit.joining[job.id]
                await _join(connection, job.id, job.args, how, run)
            await promote_in(connection, keys)
            for copied in writes.copied:
                await flow_run.copy_steps(connection, copied)
            for root in roots:
                await flow_run.schedule_deletion(connection, root.id)
            crash_point("flow.commit.inside_transaction")
            return now

    async def _write_plain(self, writes: Writes) -> datetime:
        """In one statement; most of the time one step has ended and the next one starts."""
        now = await flow_commit.commit(self._lines, writes, self._worker)
        return now or await flow_run.commit(self._lines, writes, self._worker)


async def _settle(connection: Session, flow: FlowInHand) -> None:
    """Gives a flow what its arguments ask for. Where it waits for others, it takes the place of one that does."""
    assert flow.settled is not None
    place = await flow_run.settle(connection, flow.settled)
    # One that somebody cancels has its worker coming, and replaces nothing.
    if flow.joins is None or place != "scheduled":
        return
    await _join(connection, flow.id, flow.args_text, flow.joins, flow.id)


async def _join(connection: Session, job_id: UUID, args: str, how: Debounce, run: UUID) -> None:
    collected = await join_in(connection, job_id, args, how, run=run)
    if collected is not None:
        await flow_run.set_args(connection, job_id, collected)


def writes_of(unit: Unit) -> Writes:
    """What the unit comes to, as it is written."""
    writes = unit.writes
    writes.steps = unit.remembered()
    for flow in unit.flows.values():
        if flow.is_new:
            _write_new(unit, flow, writes)
        elif flow.is_changed or flow.held is not None:
            writes.driven.append(_driven(flow))
            if flow.version is None:
                writes.begun.append((flow.id, flow.row.workspace_id, state_text(flow.state), flow.origin))
        if flow.args is not None and flow.args != flow.row.args:
            writes.args.append((flow.id, flow.args))
    writes.jobs = list(unit.jobs.values())
    return writes


def _write_new(unit: Unit, flow: FlowInHand, writes: Writes) -> None:
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
        answers_early=True if flow.answers_early else None,
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
    return flow.row.delete_after_seconds is not None or flow.state.deletes is not False


def _keys(unit: Unit) -> list[str]:
    """Concurrency keys that this commit touches."""
    ended = [
        flow.row.concurrency_key
        for flow in unit.flows.values()
        if flow.state.end is not None or flow.settled is not None
    ]
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


_names = ClaimedJob.__struct_fields__
# By place, for names would cost more than all the rest.
_up_to_times = attrgetter(*_names[2 : _names.index("created_at")])
_up_to_cancel = attrgetter(*_names[_names.index("parent_job") : _names.index("canceled_by")])
_the_rest = attrgetter(*_names[_names.index("concurrency_limit") :])


def claimed_at_birth(job: NewJob, now: datetime) -> ClaimedJob:
    """A job that was stored in this worker's hands."""
    values = (
        job.id, 1, *_up_to_times(job), now, now, now, *_up_to_cancel(job), None, None, 0, 0, *_the_rest(job),
    )  # fmt: skip
    return ClaimedJob(*values)
