"""Runs a flow again from a step, a turn of a loop or a branch; what lies before is taken from the earlier run."""

from typing import Any
from uuid import UUID

import msgspec

from postmill.db.pool import Pool
from postmill.flow_driver.documents import Documents
from postmill.flow_driver.flow_in_hand import first_origin, state_text
from postmill.flow_logic.commands import Remember
from postmill.flow_logic.state import State
from postmill.flow_logic.values import FlowArgs
from postmill.flow_logic.view import View, view_of
from postmill.kernel import json
from postmill.kernel.crash_points import crash_point
from postmill.kernel.errors import InvalidInput
from postmill.launch.flow_launcher import FlowLauncher
from postmill.model import flow as model
from postmill.model.flow import FlowModule
from postmill.model.flow_reading import parse_flow
from postmill.model.flow_run import Origin, RestartedFrom
from postmill.model.job import NewJob
from postmill.model.job_record import JobRecord
from postmill.model.run_options import FlowPreview, RunOptions
from postmill.model.subject import Subject
from postmill.queue.push import push_in
from postmill.tables import flow_run

_outcomes = msgspec.json.Decoder(Remember)


class RestartRequest(msgspec.Struct, frozen=True, kw_only=True):
    """``flow_version``: another version of the flow, whose steps are matched by their ids."""

    step_id: str
    branch_or_iteration_n: int | None = None
    flow_version: int | None = None


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
    if earlier.kind not in ("flow", "flowpreview"):
        raise InvalidInput(f"Bad request: job {earlier.id} is not the run of a flow")
    if earlier.flow_step_id is not None:
        raise InvalidInput(f"Bad request: job {earlier.id} is a part of a flow; restart the outermost flow")
    if earlier.status is None:
        raise InvalidInput(f"Bad request: flow {earlier.id} still runs; cancel it before it is restarted")
    if earlier.deleted or earlier.args is None:
        raise InvalidInput(f"Bad request: the arguments of flow {earlier.id} were deleted")
    args = json.decode(earlier.args)
    job = await _job_of(launcher, documents, subject, earlier, asked, options, args)
    return await start_from(pool, job, await _view_of(launcher, earlier, job), earlier.id, asked)


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
        return launcher.deployed_job(subject, loaded, args, options, None)
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
    return await start_from(pool, job, view_of(parse_flow(job.raw_code, seed=str(job.id))), earlier, asked)


async def start_from(pool: Pool, job: NewJob, view: View, earlier: UUID, asked: RestartRequest) -> UUID:
    """Queues the job of a flow that begins at a step of an earlier run. Raises InvalidInput."""
    step = _position(view, asked.step_id)
    done = {name: _outcomes.decode(text) for name, text in (await flow_run.steps_of(pool, earlier)).items()}
    before = view.modules[:step]
    for module in before:
        outcome = done.get(module.id)
        if outcome is None or not (outcome.success or module.continue_on_error):
            raise InvalidInput(
                f"Bad request: step {module.id!r} of the earlier run has not succeeded, so that step "
                f"{asked.step_id!r} cannot be the first"
            )
    children = await _kept_children(pool, earlier, view.modules[step], asked)
    state = State(
        step=step,
        previous=done[before[-1].id].value if before else FlowArgs(),
        first_child=children,
    )
    origin = Origin(
        document=first_origin_of_job(job).document,
        root=job.id,
        scope=job.id,
        restarted_from=RestartedFrom(
            flow_job_id=earlier,
            step_id=asked.step_id,
            branch_or_iteration_n=asked.branch_or_iteration_n,
            flow_version=asked.flow_version,
        ),
    )
    async with pool.acquire() as connection, connection.transaction():
        await push_in(connection, [job])
        await flow_run.begin(connection, job.id, job.workspace_id, state_text(state), origin)
        await flow_run.copy_steps(
            connection, earlier, job.id, [m.id for m in before], asked.step_id if children else None, children
        )
        crash_point("flow.restart.before_commit")
    return job.id


def first_origin_of_job(job: NewJob) -> Origin:
    """Where the document of a flow lies that is about to be queued."""
    return first_origin(job)  # type: ignore[arg-type]


def _position(view: View, step_id: str) -> int:
    for index, module in enumerate(view.modules):
        if module.id == step_id:
            return index
    raise InvalidInput(f"Bad request: the flow has no step {step_id[:60]!r} at its outermost level")


async def _kept_children(pool: Pool, earlier: UUID, module: FlowModule, asked: RestartRequest) -> int:
    """How many turns or branches of the step are taken over."""
    wanted = asked.branch_or_iteration_n
    if wanted is None or wanted == 0:
        return 0
    value = module.value
    serial = isinstance(value, model.WhileLoop) or (
        isinstance(value, model.ForLoop | model.BranchAll) and not value.parallel
    )
    if not serial:
        raise InvalidInput(
            f"Bad request: step {module.id!r} does not run its parts one after the other, so that it can only be "
            "restarted as a whole"
        )
    children = await flow_run.children_of(pool, earlier, module.id)
    good = {child.index for child in children if child.status in ("success", "skipped")}
    if wanted < 0 or not all(index in good for index in range(wanted)):
        raise InvalidInput(
            f"Bad request: step {module.id!r} cannot go on at number {wanted}: some part before it has not succeeded"
        )
    return wanted
