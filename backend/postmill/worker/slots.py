"""A slot's part: execute one claimed job, and see to it that its end is written down whatever happens."""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Container
from datetime import datetime
from functools import partial
from typing import NamedTuple
from uuid import UUID

import msgspec

from postmill.completion.record import Consequence, is_plain, record
from postmill.db.pool import Session
from postmill.db.retry import retrying
from postmill.flow_driver.commits import claimed_at_birth
from postmill.flow_driver.foreseen import Foreseen
from postmill.flow_driver.reports import with_step_id
from postmill.kernel.clock import now
from postmill.kernel.crash_points import crash_point
from postmill.model.flow_paths import PlaceInFlow
from postmill.model.job import ClaimedJob, Ended, NewJob
from postmill.queue.lock_failures import note_lock_failure
from postmill.queue.next_door import Storing
from postmill.tables.jobs import queue
from postmill.tables.output.job_log import Piece
from postmill.worker.ahead import Ahead
from postmill.worker.attempt import Finished
from postmill.worker.direct import DirectRun, begin_directly
from postmill.worker.exchange import Exchanger
from postmill.worker.execute import begin, execute
from postmill.worker.in_common import RunsAlike
from postmill.worker.job_logs import JobLog
from postmill.worker.masking import Masker
from postmill.worker.next_door import ServerNextDoor
from postmill.worker.outcome import ended_by_failure, fault_of_worker
from postmill.worker.running import RunningJob, RunningJobs
from postmill.worker.tools import Tools
from postmill.worker.workflows import is_task

RECORD_FOR_SECONDS = 600.0
MOST_HANDED_OFF = 100
"""After so many steps of flows in a row a slot lets others have their turn."""
AHEAD_FOR_SECONDS = 0.25
"""A job that waits so long for a slot of this worker goes back to the queue."""
FLOW_KINDS = frozenset({"flow", "flowpreview"})

_log = logging.getLogger(__name__)


class LastJob(NamedTuple):
    """What is remembered of a job that has ended: its arguments may be long."""

    started_at: datetime
    id: UUID
    workspace_id: str


class Slots:
    """Runs claimed jobs as tasks; ``exchanger`` is told when a slot is free and what to record."""

    def __init__(self, tools: Tools, running: RunningJobs, slots: int) -> None:
        self._tools = tools
        self._alike = RunsAlike()
        self._free = slots
        self._ahead: deque[RunningJob] = deque()
        self._ahead_timer: asyncio.TimerHandle | None = None
        self._running = running
        self.exchanger: Exchanger | None = None
        self.next_door: ServerNextDoor | None = None
        self._stopping = False
        self.executed = 0
        self.last_job: LastJob | None = None
        self.busy_seconds = 0.0
        self._returning: set[asyncio.Task[object]] = set()
        self._recording: dict[tuple[object, int], Callable[[bool], None]] = {}

    def start(self, job: ClaimedJob) -> None:
        """Begins a job, as soon as a slot is free; returns at once. A job whose claim was late goes back."""
        running = RunningJob(job)
        self._running.add(running)
        if self._free > 0 and not self._stopping:
            self._free -= 1
            self._begin(running)
            return
        self._ahead.append(running)
        if self._stopping:
            self._give_back(len(self._ahead))
        elif self._ahead_timer is None:
            self._ahead_timer = asyncio.get_running_loop().call_later(AHEAD_FOR_SECONDS, self._return_late)

    def start_flow(self, flow: NewJob) -> None:
        """Has a flow stored and begun, in a slot that is free now."""
        if self._free <= 0:
            self._answer(flow, "refused")
            if self.exchanger is not None:
                self.exchanger.release_slot()
            return
        self._free -= 1
        running = RunningJob(claimed_at_birth(flow, now()), executing=False)
        self._running.add(running)
        running.task = asyncio.create_task(self._run(running, flow))

    def _answer(self, flow: NewJob, storing: Storing) -> None:
        if self.next_door is not None:
            self.next_door.answer(flow, storing)

    def _begin(self, running: RunningJob) -> None:
        running.began = time.monotonic()
        if running.broken_off is None and self._began_directly(running):
            return
        running.task = asyncio.create_task(self._run(running))

    def _began_directly(self, running: RunningJob) -> bool:
        try:
            return begin_directly(running, self._tools, self._alike, self._over)
        except Exception:
            _log.exception("job %s takes the long way", running.job.id)
            return False

    def _over(self, run: DirectRun, finished: Finished | None) -> None:
        """A run that went directly has ended."""
        running = run.running
        running.executing = False
        running.on_break_off = None  # no circle of references, which only the collector would undo
        log = run.attempt.log
        if finished is None:
            self._leave(running)
        elif (
            self.exchanger is not None and log.may_finish_at_once and _may_end_directly(running.job, finished)
        ):
            ended = finished.ended
            if running.job.flow_step_id is not None:
                place = self._tools.driver.known_place_of(running.job)
                ended = msgspec.structs.replace(
                    _of_child(running.job, ended, place), inbox=running.job.parent_job
                )
            ended = _with_tail(ended, self._tools.logs.finish_at_once(log))
            self._submit(ended, self.exchanger, lambda counted: self._direct_end_recorded(running, counted))
        else:
            running.task = asyncio.create_task(self._write_down_at_last(running, finished, log))
        self._free_slot(running.began, running.job)

    def _direct_end_recorded(self, running: RunningJob, counted: bool) -> None:
        if not counted:
            self._note_late(running.job)
        elif running.job.flow_step_id is not None and running.job.parent_job is not None:
            self._tools.driver.advance(running.job.parent_job)
        self._leave(running)

    async def _write_down_at_last(self, running: RunningJob, finished: Finished, log: JobLog | None) -> None:
        try:
            if running.job.flow_step_id is None:
                await self._write_down(running.job, finished, log)
            else:
                await self._end_child(running.job, finished, log, (), Ahead(self._tools, self._alike))
        except Exception:
            _log.exception("the end of job %s cannot be recorded; it will be rescued", running.job.id)
        finally:
            self._leave(running)

    def _leave(self, running: RunningJob) -> None:
        self._running.remove(running)
        if self.next_door is not None:
            self.next_door.forget(running.job.id)

    def stop(self) -> None:
        """Begins no job any more: those that wait here go back to the queue, as those do whose claim is under way."""
        self._stopping = True
        self._give_back(len(self._ahead))

    async def returned(self) -> None:
        """Returns when the queue has all jobs that went back to it."""
        await asyncio.gather(*self._returning)

    def _return_late(self) -> None:
        """What was claimed for the next moment has not begun by now: others may be free for it."""
        self._ahead_timer = None
        limit = time.monotonic() - AHEAD_FOR_SECONDS
        self._give_back(sum(1 for running in self._ahead if running.began <= limit))
        if self._ahead:
            delay = self._ahead[0].began - limit
            self._ahead_timer = asyncio.get_running_loop().call_later(delay, self._return_late)

    def _give_back(self, count: int) -> None:
        late = [self._ahead.popleft() for _ in range(count)]
        if not late:
            return
        for running in late:
            self._running.remove(running)
            if self.exchanger is not None:
                self.exchanger.release_slot()
        attempts = sorted((running.job.id, running.job.attempt) for running in late)
        task = asyncio.create_task(retrying(lambda: queue.hand_back(self._tools.pool, attempts)))
        self._returning.add(task)
        task.add_done_callback(self._returning.discard)

    def goes_on_with(self, tag: str) -> bool:
        """Whether a slot whose step has ended may go on with a job of this tag."""
        return not self._stopping and self.exchanger is not None and tag in self.exchanger.tags

    def recorded(self, ended: Ended, counted: bool) -> None:
        """What became of an end that was submitted to the exchanger."""
        told = self._recording.pop((ended.id, ended.attempt), None)
        if told is not None:
            told(counted)

    async def _run(self, first: RunningJob, new: NewJob | None = None) -> None:
        """One job, and those that flows hand over to this slot when it has ended; ``new``: a flow to be stored."""
        running: RunningJob | None = first
        handed_off = 0
        ahead = Ahead(self._tools, self._alike)
        while running is not None:
            running.begun = True
            tags = _GoesOnWith(self) if handed_off < MOST_HANDED_OFF else ()
            if new is not None or running.job.kind in FLOW_KINDS:
                following = await self._drive(running, tags, ahead, new)
            else:
                following = await self._one(running, tags, ahead)
            new = None
            if following is None:
                ahead.drop()
                return
            handed_off += 1
            running = RunningJob(following, task=first.task)
            self._running.add(running)

    async def _one(self, running: RunningJob, tags: Container[str], ahead: Ahead) -> ClaimedJob | None:
        """Runs one job. ``tags``: those of jobs that this slot may go on with; answers that job."""
        began = time.monotonic()
        log: JobLog | None = None
        finished: Finished | None = None
        is_child = running.job.flow_step_id is not None
        foreseen = None
        if is_child and not is_task(running.job):
            foreseen = self._tools.driver.foresight(running.job, tags, ahead)
        try:
            if running.broken_off is not None:
                raise asyncio.CancelledError  # before it began
            ready = ahead.take(running.job)
            attempt = await begin(running.job, self._tools) if ready is None else ready.attempt
            log = attempt.log
            attempt.on_foreseen = None if foreseen is None else foreseen.begin
            finished = await (execute(attempt) if ready is None else ready.finished())
        except asyncio.CancelledError:
            finished = self._broken_off(running, began)
        except Exception as error:
            # The last resort: whatever fails here, the job ends with a reason and nobody waits for ever.
            _log.exception("job %s failed in the worker", running.job.id)
            finished = _failed_in_worker(running.job, error, began, log)
        running.executing = False
        if not is_child:
            self._free_slot(began, running.job)
        following: ClaimedJob | None = None
        try:
            if finished is not None and is_child:
                following = await self._end_child(running.job, finished, log, tags, ahead, foreseen)
            elif finished is not None:
                await self._write_down(running.job, finished, log)
        except Exception:
            _log.exception("the end of job %s cannot be recorded; it will be rescued", running.job.id)
        finally:
            if foreseen is not None:
                foreseen.drop()
            self._leave(running)
            if is_child:
                self._count(began, running.job)
                if following is None:
                    self._release()
        return following

    async def _drive(
        self, running: RunningJob, tags: Container[str], ahead: Ahead, new: NewJob | None
    ) -> ClaimedJob | None:
        """A claimed flow: it needs no process, only decisions. Those are not broken off: they read who cancels it."""
        running.executing = False
        began = time.monotonic()
        following: ClaimedJob | None = None
        try:
            driver = self._tools.driver
            if new is None:
                went = await driver.drive(running.job, tags=tags, ahead=ahead)
            else:
                went = await driver.launch(new, tags=tags, ahead=ahead, answer=partial(self._answer, new))
            following = went.next
        except Exception:
            _log.exception("flow %s could not be driven; it will be claimed again", running.job.id)
            if new is not None:
                self._answer(new, "refused")  # of no matter where it was stored before
        finally:
            self._running.remove(running)
            self._count(began, running.job)
            if following is None:
                self._release()
        return following

    async def _end_child(
        self,
        job: ClaimedJob,
        finished: Finished,
        log: JobLog | None,
        tags: Container[str],
        ahead: Ahead,
        foreseen: Foreseen | None = None,
    ) -> ClaimedJob | None:
        """Records the end of a step together with what its flow does next, where that is possible."""
        ended = finished.ended
        place = await self._tools.places.of(job) if ended.status == "failure" else None
        ended = _of_child(job, ended, place)
        if log is not None:
            ended = _with_tail(ended, await self._tools.logs.finish(log))
        if is_task(job):
            await self._end_task(job, ended, finished.consequence)
            return None
        driver = self._tools.driver
        if finished.consequence is None and is_plain(job, ended) and ended.new_args is None:
            went = await driver.child_ended(job, ended, tags=tags, ahead=ahead, foreseen=foreseen)
            if went is not None:
                if not went.counted:
                    self._note_late(job)
                return went.next
        ended = msgspec.structs.replace(ended, inbox=job.parent_job)
        if await self._record(job, ended, finished.consequence) and job.parent_job is not None:
            driver.advance(job.parent_job)
        return None

    async def _end_task(self, job: ClaimedJob, ended: Ended, consequence: Consequence | None) -> None:
        """Records the end of a workflow's task, which lets the workflow go on."""
        ended = msgspec.structs.replace(ended, inbox=job.parent_job)
        if await self._record(job, ended, consequence) and job.parent_job is not None:
            crash_point("workflow.task_ended.after_commit")
            await self._tools.workflows.wake(job.parent_job)

    def _broken_off(self, running: RunningJob, began: float) -> Finished | None:
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
        ended = running.canceled_end(_milliseconds(began))
        return None if ended is None else Finished(ended)

    def _free_slot(self, began: float, job: ClaimedJob) -> None:
        self._count(began, job)
        self._release()

    def _count(self, began: float, job: ClaimedJob) -> None:
        self.executed += 1
        self.last_job = LastJob(job.started_at, job.id, job.workspace_id)
        self.busy_seconds += time.monotonic() - began

    def _release(self) -> None:
        if self._ahead:
            self._begin(self._ahead.popleft())
        else:
            self._free += 1
        if self.exchanger is not None:
            self.exchanger.release_slot()

    async def _write_down(self, job: ClaimedJob, finished: Finished, log: JobLog | None) -> None:
        ended = finished.ended
        if log is not None:
            ended = _with_tail(ended, await self._tools.logs.finish(log))
        await self._record(job, ended, finished.consequence or _of_failed_lock_job(job, ended))

    async def _record(self, job: ClaimedJob, ended: Ended, consequence: Consequence | None) -> bool:
        if consequence is None and is_plain(job, ended) and self.exchanger is not None:
            counted = await self._record_together(ended, self.exchanger)
        else:
            counted = await retrying(
                lambda: record(self._tools.pool, job, ended, consequence),
                give_up_after=RECORD_FOR_SECONDS,
            )
        if not counted:
            self._note_late(job)
        return counted

    def _note_late(self, job: ClaimedJob) -> None:
        _log.warning("attempt %d of job %s ended too late: it was given to others", job.attempt, job.id)

    async def _record_together(self, ended: Ended, exchanger: Exchanger) -> bool:
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._submit(
            ended, exchanger, lambda counted: None if waiting.done() else waiting.set_result(counted)
        )
        return await waiting

    def _submit(self, ended: Ended, exchanger: Exchanger, told: Callable[[bool], None]) -> None:
        """Has an end recorded with others; ``told`` hears whether it counted."""
        next_door = self.next_door
        if next_door is None or not next_door.can_tell(ended.id, ended.result):
            self._recording[(ended.id, ended.attempt)] = told
            exchanger.submit(ended)
            return
        ended = msgspec.structs.replace(ended, told_directly=True)

        def tell(counted: bool) -> None:
            if counted:
                next_door.tell(ended.id, ended.status, ended.result)
            told(counted)

        self._recording[(ended.id, ended.attempt)] = tell
        exchanger.submit(ended)


class _GoesOnWith(Container[str]):
    """The tags of jobs that a slot may go on with, as it is when one is asked for: a worker may stop meanwhile."""

    def __init__(self, slots: Slots) -> None:
        self._slots = slots

    def __contains__(self, tag: object) -> bool:
        return isinstance(tag, str) and self._slots.goes_on_with(tag)


def _of_child(job: ClaimedJob, ended: Ended, place: PlaceInFlow | None) -> Ended:
    """How a step ended, for its flow: its data lasts as long as the flow's, a failure names the step."""
    ended = msgspec.structs.replace(ended, delete_after_seconds=None)
    step_id = job.flow_step_id if place is None else place.step_id
    if ended.status == "failure" and ended.result is not None and step_id is not None:
        return msgspec.structs.replace(ended, result=with_step_id(ended.result, step_id))
    return ended


def _may_end_directly(job: ClaimedJob, finished: Finished) -> bool:
    """Whether its end goes into a batch of ends, with nothing to be waited for."""
    ended = finished.ended
    return is_plain(job, ended) and (job.flow_step_id is None or ended.new_args is None)


def _of_failed_lock_job(job: ClaimedJob, ended: Ended) -> Consequence | None:
    """For lock jobs that were canceled or did not come to the resolver, whose words would be kept otherwise."""
    result = ended.result
    if job.kind != "dependencies" or job.script_hash is None or ended.status == "success" or result is None:
        return None

    async def note(connection: Session) -> None:
        await note_lock_failure(connection, job.id, result)

    return note


def _with_tail(ended: Ended, tail: Piece | None) -> Ended:
    if tail is None:
        return ended
    return msgspec.structs.replace(ended, log_start=tail.start_at, log_tail=tail.content)


def _failed_in_worker(job: ClaimedJob, error: Exception, began: float, log: JobLog | None) -> Finished:
    masker = log.masker if log is not None else Masker()
    message = fault_of_worker(error)
    return Finished(ended_by_failure(job, message, _milliseconds(began), masker))


def _milliseconds(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
