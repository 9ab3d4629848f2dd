"""Results, wherever they lie: short ones in the row of the completed job, long ones in chunks."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

import msgspec

from postmill.db.pool import Connection, Session
from postmill.flow_logic.commands import Remember
from postmill.flow_logic.values import OfChild, OfChildren, StopError, Value, Written
from postmill.model.job import Completed
from postmill.tables.flow_runs import flow_run
from postmill.tables.jobs import completed_job
from postmill.tables.output import blob, result_column

LARGEST_INLINE_BYTES = 512 * 1024

_outcomes = msgspec.json.Decoder(Remember)


@dataclass(frozen=True)
class EarlyStep:
    """The step of a flow whose result is enough; a failure of it is only where it is ``failed_too``."""

    step_id: str
    failed_too: bool = True


async def whole_result(connection: Connection, blob_id: UUID) -> str:
    """The JSON text of a long result."""
    return (await blob.get(connection, blob_id)).decode()


async def long_result_bytes(connection: Connection, blob_id: UUID) -> int:
    """How many bytes a long result has; 0 for one that was removed."""
    return await blob.size_of(connection, blob_id) or 0


def long_result_pieces(connection: Connection, blob_id: UUID) -> AsyncIterator[bytes]:
    """The JSON text of a long result as it is stored, for those who hand it on."""
    return blob.pieces(connection, blob_id)


async def store_long(connection: Session, result: str) -> UUID:
    """Stores a long result inside the caller's transaction."""
    return await blob.put(connection, result)


def is_long(result: str) -> bool:
    """Whether a result is kept in chunks. Characters are counted, which is near enough and takes no copy."""
    return len(result) > LARGEST_INLINE_BYTES


async def completed(connection: Connection, job_id: UUID, *, with_long: bool = True) -> Completed | None:
    """How a job ended, with its result (``null`` when that was deleted); None while it has not ended.

    ``with_long``: else the result is None where it is kept in chunks.
    """
    outcome = await completed_job.outcome(connection, job_id)
    if outcome is None:
        return None
    if outcome.result_blob is not None:
        result = await whole_result(connection, outcome.result_blob) if with_long else None
        return Completed(outcome.status, result)
    return Completed(outcome.status, outcome.result if outcome.result is not None else "null")


async def result_columns(connection: Connection, job_id: UUID) -> list[str] | None:
    """The columns of a list of rows in their order; None where the rows tell them."""
    return await result_column.names_of(connection, job_id)


async def early_step_of(connection: Connection, flow_job: UUID, early: EarlyStep) -> Completed | None:
    """How a step of a flow ended, for those who wait for no more than that; None before."""
    found = await flow_run.early_outcome(connection, flow_job, early.step_id)
    if found is None:
        return None
    done = _outcomes.decode(found)
    if not (done.success or early.failed_too):
        return None
    result = await _value_of(connection, flow_job, done.value)
    return None if result is None else Completed("success" if done.success else "failure", result)


async def _value_of(connection: Connection, flow_job: UUID, value: Value) -> str | None:
    """The JSON text of what a step of an outermost flow came to."""
    if isinstance(value, Written):
        return value.text
    if isinstance(value, OfChild):
        one = await flow_run.child_results(
            connection, flow_job, value.step, value.attempt, index=value.index, count=value.index + 1
        )
        return await _text_of(connection, one[0]) if one else None
    if isinstance(value, OfChildren):
        found = await flow_run.child_results(
            connection, flow_job, value.step, value.attempt, index=None, count=value.count
        )
        return f"[{','.join([await _text_of(connection, child) for child in found])}]"
    if isinstance(value, StopError):
        inner = None if value.result is None else await _value_of(connection, flow_job, value.result)
        return stop_error(value.message, inner)
    row = await flow_run.load(connection, flow_job)
    return None if row is None else row.args


def stop_error(message: str, result: str | None) -> str:
    """The error of a flow that was stopped with a message; ``result`` (JSON text) is what stopped it, if wanted."""
    error: dict[str, object] = {"name": "EarlyStopError", "message": message}
    if result is not None:
        error["result"] = msgspec.Raw(result.encode())
    return msgspec.json.encode({"error": error}).decode()


async def _text_of(connection: Connection, child: flow_run.ChildResult) -> str:
    if child.result_blob is not None:
        return await whole_result(connection, child.result_blob)
    return "null" if child.result is None else child.result
