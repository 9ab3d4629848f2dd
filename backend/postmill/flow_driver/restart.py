"""Runs a flow again from a step, a turn of a loop or a branch; what lies before is taken from the earlier run."""

from typing import Any
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.flow_driver.documents import Documents
from postmill.flow_driver.flow_in_hand import first_origin, state_text
from postmill.flow_driver.restart_points import RestartStep, beginning_of, find_point
from postmill.flow_logic.view import View, view_of
from postmill.kernel import json
from postmill.kernel.crash_points import crash_point
from postmill.kernel.errors import InvalidInput
from postmill.launch.flow_launcher import FlowLauncher
from postmill.model.flow_reading import parse_flow
from postmill.model.flow_run import Origin
from postmill.model.job import NewJob
from postmill.model.job_record import JobRecord
from postmill.model.run_options import FlowPreview, RunOptions
from postmill.model.subject import Subject
from postmill.queue.push import push_in
from postmill.tables.flow_runs import flow_run


class RestartRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``flow_version``: another version of the flow, whose steps are matched by their ids.

    ``nested_path`` leads into the turn, branch or flow with which the step goes on, level by level.
    """

    step_id: str
    branch_or_iteration_n: int | None = None
    flow_version: int | None = None
    nested_path: tuple[RestartStep, ...] = ()

    @property
    def path(self) -> tuple[RestartStep, ...]:
        return (RestartStep(self.step_id, self.branch_or_iteration_n), *self.nested_path)


async def restart(
    pool: Pool,
    launcher: FlowLauncher,
    documents: Documents,
    subject: Subject,
    earlier: JobRecord,
    asked: RestartRequest,
    options: RunOptions,
) -> UUID:
    """Queues the new run; answers its id. Raises InvalidInput when the flow cannot be restarted there."""
    require_restartable(earlier)
    args = json.decode(earlier.args or "{}")
    job = await _job_of(launcher, documents, subject, earlier, asked, options, args)
    return await start_from(pool, launcher, job, await _view_of(launcher, earlier, job), earlier.id, asked)


def require_restartable(earlier: JobRecord) -> None:
    """Raises InvalidInput for what is no whole flow that has ended, with its arguments at hand."""
    if earlier.kind not in ("flow", "flowpreview"):
        raise InvalidInput(f"Bad request: job {earlier.id} is not the run of a flow")
    if earlier.flow_step_id is not None:
        raise InvalidInput(
            f"Bad request: job {earlier.id} is a part of a flow; restart the outermost flow, whose nested_path "
            "can lead into its parts"
        )
    if earlier.status is None:
        raise InvalidInput(f"Bad request: flow {earlier.id} still runs; cancel it before it is restarted")
    if earlier.deleted or earlier.args is None:
        raise InvalidInput(f"Bad request: the arguments of flow {earlier.id} were deleted")


async def _job_of(
    launcher: FlowLauncher,
    documents: Documents,
    subject: Subject,
    earlier: JobRecord,
    asked: RestartRequest,
    options: RunOptions,
    args: dict[str, Any],
) -> NewJob:
    if earlier.kind == "flow" and earlier.script_hash is not None:
        version = asked.flow_version if asked.flow_version is not None else earlier.script_hash
        loaded = await launcher.versions.by_version(earlier.workspace_id, version)
        if loaded is None or (asked.flow_version is not None and loaded.document.path != earlier.path):
            raise InvalidInput(f"Bad request: {earlier.path} has no version {version} any more")
        return await launcher.deployed_job(subject, loaded, args, options, None)
    text = await documents.text(earlier.workspace_id, first_origin_of(earlier).document)
    preview = FlowPreview(value=msgspec.Raw(text.encode()), args=args, path=earlier.path)
    return launcher.preview_job(subject, preview, options)


def first_origin_of(record: JobRecord) -> Origin:
    """Where the document of a recorded flow lies."""
    return first_origin(record)  # type: ignore[arg-type]


async def _view_of(launcher: FlowLauncher, earlier: JobRecord, job: NewJob) -> View:
    if job.raw_code is not None:
        return view_of(parse_flow(job.raw_code, seed=str(earlier.id)))
    assert job.script_hash is not None
    loaded = await launcher.versions.by_version(job.workspace_id, job.script_hash)
    assert loaded is not None
    return view_of(loaded.value)


async def restart_preview(
    pool: Pool,
    launcher: FlowLauncher,
    subject: Subject,
    preview: FlowPreview,
    earlier: UUID,
    asked: RestartRequest,
    options: RunOptions,
) -> UUID:
    """Queues a flow that is not deployed and begins at a step, with what an earlier run came to before it.

    The caller has checked that the earlier run may be seen. Raises InvalidInput.
    """
    job = launcher.preview_job(subject, preview, options)
    assert job.raw_code is not None
    view = view_of(parse_flow(job.raw_code, seed=str(job.id)))
    return await start_from(pool, launcher, job, view, earlier, asked)


async def start_from(
    pool: Pool, launcher: FlowLauncher, job: NewJob, view: View, earlier: UUID, asked: RestartRequest
) -> UUID:
    """Queues the job of a flow that begins at a step of an earlier run. Raises InvalidInput."""
    point = await find_point(pool, launcher.versions, job.workspace_id, view, earlier, asked.path)
    point = msgspec.structs.replace(point, flow_version=asked.flow_version)
    # Whoever restarts a flow wants its steps to run, whatever the cache holds for its arguments.
    job = msgspec.structs.replace(job, cache_key=None, cache_ttl_seconds=None)
    beginning = await beginning_of(pool, view, point)
    origin = Origin(
        document=first_origin_of_job(job).document, root=job.id, scope=job.id, restarted_from=point
    )
    async with pool.acquire() as connection, connection.transaction():
        await push_in(connection, [job])
        await flow_run.begin(connection, job.id, job.workspace_id, state_text(beginning.state), origin)
        await flow_run.copy_steps(connection, beginning.copied_to(job.id))
        crash_point("flow.restart.before_commit")
    return job.id


def first_origin_of_job(job: NewJob) -> Origin:
    """Where the document of a flow lies that is about to be queued."""
    return first_origin(job)  # type: ignore[arg-type]
