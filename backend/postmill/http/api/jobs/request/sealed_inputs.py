"""Runs that take sealed inputs of a step over, as ``sealed_inputs_of`` asks."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

import msgspec

from postmill.access.scopes import allows
from postmill.http.call import Call
from postmill.kernel.errors import InvalidInput, PermissionDenied
from postmill.kernel.ids import new_job_id
from postmill.model.run_options import RunOptions
from postmill.queue.jobs import get_job
from postmill.references.taken_inputs import Source, taken_over


async def with_sealed_inputs(
    call: Call, args: Mapping[str, Any], options: RunOptions, source: UUID | None
) -> tuple[dict[str, Any], RunOptions]:
    """The arguments with what is sealed in them sealed for the new run, whose id stands in the options.

    Only for runs that the caller may see, and whose identity is the caller's: it reads no more than it could before.
    """
    if source is None:
        return dict(args), options
    subject, context = call.subject, call.context
    if not allows(subject.scopes, "jobs", "read", None):
        raise PermissionDenied(
            "Permission denied: this token may not read runs, so not take their inputs over"
        )
    job = await get_job(context.pool, subject, call.workspace, source, with_code=False)
    if job.permissioned_as != subject.permissioned_as:
        raise PermissionDenied(
            f"Permission denied: the sealed inputs of run {source} open for {job.permissioned_as} only"
        )
    if job.deleted or job.args is None:
        raise InvalidInput(f"Bad request: the inputs of run {source} were deleted")
    options = msgspec.structs.replace(options, job_id=options.job_id or new_job_id())
    assert options.job_id is not None
    held = Source(
        workspace=call.workspace,
        job=job.id,
        root=job.root_job or job.parent_job or job.id,
        identity=job.permissioned_as,
        args=job.args,
    )
    return await taken_over(context.pool, context.keyring, args, held, options.job_id), options
