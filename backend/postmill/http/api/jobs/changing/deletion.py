"""Routes that remove what jobs left behind."""

from starlette.responses import Response

from postmill.access.policy import as_changer_of_jobs
from postmill.http.api.jobs.reading import wire
from postmill.http.api.jobs.reading.read import job_id_of
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import as_json
from postmill.kernel.errors import InvalidInput
from postmill.queue import jobs


async def delete_completed(call: Call) -> Response:
    """Removes arguments, result and log of a job that has ended; that it ran stays on record."""
    job_id = job_id_of(call)
    pool = call.context.pool
    job = await jobs.get_job(pool, as_changer_of_jobs(call.subject), call.workspace, job_id)
    if job.status is None:
        raise InvalidInput(f"Bad request: job {job_id} has not ended; cancel it first")
    await jobs.remove_data(pool, call.subject, job_id)
    return as_json(wire.job(await jobs.get_job(pool, call.subject, call.workspace, job_id)))


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "deleteCompletedJob", "POST", "/w/{workspace}/jobs/completed/delete/{id}", delete_completed,
        "admin:jobs:write", ("job",), "Remove arguments, result and log of a job that has ended", returns=dict,
    ),
)  # fmt: skip
