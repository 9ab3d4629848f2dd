"""What a run finds in its environment, read from outside it: for references of resources such as ``$WM_JOB_PATH``."""

from collections.abc import Mapping
from uuid import UUID

from postmill.db.pool import Pool
from postmill.kernel.errors import NotFound
from postmill.kernel.ids import format_hash
from postmill.model.subject import Subject
from postmill.queue import jobs
from postmill.tables.workspaces import workspace_env


async def variables_of(
    pool: Pool, subject: Subject, workspace: str, job_id: UUID, base_url: str
) -> Mapping[str, str]:
    """The variables of a run that its record tells, and those of the workspace; raises NotFound for a hidden run.

    The token of the run is none of them, nor is what only its worker knows.
    """
    job = await jobs.get_job(pool, subject, workspace, job_id, with_code=False, most_result_bytes=0)
    is_step = job.flow_step_id is not None and job.parent_job is not None
    root = str(job.root_job or job.parent_job or job.id)
    flow_path = await _path_of(pool, subject, workspace, job.parent_job) if is_step else ""
    own = {
        "WM_WORKSPACE": workspace,
        "WM_EMAIL": job.email,
        "WM_USERNAME": job.created_by,
        "WM_BASE_URL": base_url,
        "WM_JOB_ID": str(job.id),
        "WM_SCHEDULED_FOR": job.scheduled_for.isoformat(),
        "WM_JOB_PATH": job.path or "",
        "WM_FLOW_JOB_ID": str(job.parent_job) if is_step else "",
        "WM_ROOT_FLOW_JOB_ID": root if is_step else "",
        "WM_ROOT_JOB_ID": root,
        "WM_FLOW_PATH": flow_path,
        "WM_SCHEDULE_PATH": job.trigger or "" if job.trigger_kind == "schedule" else "",
        "WM_PERMISSIONED_AS": job.permissioned_as,
        "WM_FLOW_STEP_ID": job.flow_step_id or "",
        "WM_RUNNABLE_ID": "" if job.script_hash is None else format_hash(job.script_hash),
    }
    return {**await workspace_env.list_all(pool, workspace), **own}


async def _path_of(pool: Pool, subject: Subject, workspace: str, job_id: UUID | None) -> str:
    """The path of the flow above; empty where it is hidden or gone."""
    if job_id is None:
        return ""
    try:
        flow = await jobs.get_job(pool, subject, workspace, job_id, with_code=False, most_result_bytes=0)
    except NotFound:
        return ""
    return flow.path or ""
