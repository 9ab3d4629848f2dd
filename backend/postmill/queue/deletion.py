"""Removing what finished jobs hold, while the fact that they ran stays."""

from collections.abc import Sequence
from uuid import UUID

import msgspec

from postmill.db.pool import Session
from postmill.flow_logic.commands import Remember
from postmill.flow_logic.forgetting import outcome_without_texts, state_without_texts
from postmill.flow_logic.state import State
from postmill.tables.flow_runs import flow_run
from postmill.tables.jobs import completed_job
from postmill.tables.output import blob

_states = msgspec.json.Decoder(State)
_outcomes = msgspec.json.Decoder(Remember)


async def scrub(connection: Session, job_id: UUID) -> bool:
    """Removes arguments, result, log and stream inside the caller's transaction; False when the job has not ended."""
    found, blobs = await completed_job.scrub_one(connection, job_id)
    if found:
        await _forget_texts(connection, [job_id])
    await blob.remove(connection, blobs)
    return found


async def scrub_due(connection: Session, limit: int) -> int:
    """The same for up to ``limit`` jobs whose time for that has come; how many there were."""
    job_ids, blobs = await completed_job.scrub_due(connection, limit)
    await _forget_texts(connection, job_ids)
    await blob.remove(connection, blobs)
    return len(job_ids)


async def _forget_texts(connection: Session, job_ids: Sequence[UUID]) -> None:
    """What flows among them, and flows around them, wrote down beside the results of their steps: errors mostly."""
    if not job_ids:
        return
    states = await flow_run.states_with_texts(connection, job_ids)
    outcomes = await flow_run.outcomes_with_texts(connection, job_ids)
    await flow_run.put_states(
        connection, {job: _text(state_without_texts(_states.decode(state))) for job, state in states}
    )
    await flow_run.put_outcomes(
        connection,
        [(job, step, _text(outcome_without_texts(_outcomes.decode(text)))) for job, step, text in outcomes],
    )


def _text(record: State | Remember) -> str:
    return msgspec.json.encode(record).decode()
