"""Values that the scripts of a flow leave for each other, kept with the outermost flow."""

from uuid import UUID

from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.model.subject import Subject
from postmill.queue import jobs
from postmill.queue.push import has_nul_escape
from postmill.tables.flow_runs import flow_run

MAX_BYTES = 1024 * 1024


async def get_user_state(pool: Pool, subject: Subject, workspace: str, flow_job: UUID, key: str) -> str:
    """JSON text, ``null`` where nothing was left. Raises NotFound for a job that is missing or hidden."""
    await jobs.require_visible(pool, subject, workspace, flow_job)
    value = await flow_run.user_state(pool, await _root(pool, flow_job), key)
    return "null" if value is None else value


async def set_user_state(
    pool: Pool, subject: Subject, workspace: str, flow_job: UUID, key: str, value: str
) -> None:
    """Raises NotFound for a job that is no flow, is missing or hidden; InvalidInput for what cannot be kept."""
    await jobs.require_visible(pool, subject, workspace, flow_job)
    if len(value) > MAX_BYTES:
        raise InvalidInput(f"Bad request: a value has at most {MAX_BYTES} bytes")
    if has_nul_escape(value):
        raise InvalidInput("Bad request: the value holds the character NUL (\\u0000), which cannot be stored")
    root = await _root(pool, flow_job)
    if await flow_run.stored(pool, root) is None:
        raise NotFound(f"Not found: job {flow_job} is no flow that has begun")
    await flow_run.set_user_state(pool, root, key, value)


async def _root(pool: Pool, flow_job: UUID) -> UUID:
    row = await flow_run.load(pool, flow_job)
    return flow_job if row is None or row.root_job is None else row.root_job
