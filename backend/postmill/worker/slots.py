"""A slot's part: execute one claimed job, and see to it that its end is written down whatever happens."""

import asyncio
import logging
import time

import msgspec

from postmill.completion.record import Consequence, is_plain, record
from postmill.db.pool import Session
from postmill.db.retry import retrying
from postmill.model.job import ClaimedJob, Ended
from postmill.queue.lock_failures import note_lock_failure
from postmill.tables.job_log import Piece
from postmill.worker.attempt import Finished
from postmill.worker.exchange import Exchanger
from postmill.worker.execute import begin, execute
from postmill.worker.job_logs import JobLog
from postmill.worker.masking import Masker
from postmill.worker.outcome import ended_by_cancel, ended_by_failure
from postmill.worker.running import RunningJob, RunningJobs
from postmill.worker.tools import Tools

RECORD_FOR_SECONDS = 600.0

_log = logging.getLogger(__name__)


class Slots:
    """Runs claimed jobs as tasks; ``exchanger`` is told when a slot is free and what to record."""

    def __init__(self, tools: Tools, running: RunningJobs) -> None:
        self._tools = tools
        self._running = running
        self.exchanger: Exchanger | None = None
        self.executed = 0
        self.last_job: ClaimedJob | None = None
        self.busy_seconds = 0.0
        self._recording: dict[tuple[object, int], asyncio.Future[bool]] = {}

    def start(self, job: ClaimedJob) -> None:
        """Begins a job; returns at once."""
        running = RunningJob(job)
        running.task = asyncio.create_task(self._run(running))
        self._running.add(running)

    def recorded(self, ended: Ended, counted: bool) -> None:
        """What became of an end that was submitted to the exchanger."""
        waiting = self._recording.pop((ended.id, ended.attempt), None)
        if waiting is not None and not waiting.done():
            waiting.set_result(counted)

    async def _run(self, running: RunningJob) -> None:
        began = time.monotonic()
        log: JobLog | None = None
        finished: Finished | None = None
        try:
            attempt = await begin(running.job, self._tools)
            log = attempt.log
            finished = await execute(attempt)
        except asyncio.CancelledError:
            finished = self._broken_off(running, began)
        except Exception as error:
            # The last resort: whatever fails here, the job ends with a reason and nobody waits for ever.
            _log.exception("job %s failed in the worker", running.job.id)
            finished = _failed_in_worker(running.job, error, began, log)
        running.executing = False
        self._free_slot(began, running.job)
        try:
            if finished is not None:
                await self._write_down(running.job, finished, log)
        except Exception:
            _log.exception("the end of job %s cannot be recorded; it will be rescued", running.job.id)
        finally:
            self._running.remove(running)

    def _broken_off(self, running: RunningJob, began: float) -> Finished | None:
        task = asyncio.current_task()
        assert task is not None
        task.uncancel()
        if running.broken_off == "canceled":
            return Finished(
                ended_by_cancel(
                    running.job, running.canceled_by, running.canceled_reason, _milliseconds(began)
                )
            )
        return None

    def _free_slot(self, began: float, job: ClaimedJob) -> None:
        self.executed += 1
        self.last_job = job
        self.busy_seconds += time.monotonic() - began
        if self.exchanger is not None:
            self.exchanger.release_slot()

    async def _write_down(self, job: ClaimedJob, finished: Finished, log: JobLog | None) -> None:
        ended = finished.ended
        if log is not None:
            ended = _with_tail(ended, await self._tools.logs.finish(log))
        consequence = finished.consequence or _of_failed_lock_job(job, ended)
        if consequence is None and is_plain(job, ended) and self.exchanger is not None:
            counted = await self._record_together(ended, self.exchanger)
        else:
            counted = await retrying(
                lambda: record(self._tools.pool, job, ended, consequence),
                give_up_after=RECORD_FOR_SECONDS,
            )
        if not counted:
            _log.warning("attempt %d of job %s ended too late: it was given to others", job.attempt, job.id)

    async def _record_together(self, ended: Ended, exchanger: Exchanger) -> bool:
        waiting: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._recording[(ended.id, ended.attempt)] = waiting
        exchanger.submit(ended)
        return await waiting


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
    message = f"the worker could not run this job: {type(error).__name__}: {error}"
    return Finished(ended_by_failure(job, message, _milliseconds(began), masker))


def _milliseconds(began: float) -> int:
    return int((time.monotonic() - began) * 1000)
