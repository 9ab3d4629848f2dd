"""What a language is told of a job: the request with the job's rights, its environment, and what it may share."""

from collections.abc import Callable, Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec

from postmill.identity import job_tokens
from postmill.kernel import clock, json
from postmill.languages.protocol import Resources, RunOutcome, RunRequest, UntilStored
from postmill.model.flow_paths import NOWHERE, PlaceInFlow
from postmill.model.job import ClaimedJob
from postmill.model.limits import Limits
from postmill.model.subject import Subject
from postmill.references.resolve import RESOURCE, holds_references, resolve_args
from postmill.worker.code import Code
from postmill.worker.code_path import code_path
from postmill.worker.environment import given_variables, own_variables, shared_variables
from postmill.worker.job_files import WorkspaceFiles
from postmill.worker.job_logs import JobLog
from postmill.worker.large_rows import JobRows
from postmill.worker.locking import sources_of
from postmill.worker.tools import Tools
from postmill.worker.usage import JobUsage

TOKEN_SPARE_SECONDS = 120.0


def request_of(
    tools: Tools,
    job: ClaimedJob,
    code: Code,
    subject: Subject,
    log: JobLog,
    usage: JobUsage,
    *,
    env: Mapping[str, str],
    args: str,
    lock: str | None,
    limits: Limits,
    warm_key: str | None,
    shared: Path | None = None,
    checkpoint: str | None = None,
    stored: UntilStored | None = None,
    imports: Mapping[str, str] | None = None,
    foreseen: Callable[[RunOutcome], None] | None = None,
) -> RunRequest:
    """The request of one attempt whose arguments are resolved; nothing is waited for."""
    places = tools.row_places
    return RunRequest(
        job_id=job.id,
        attempt=job.attempt,
        workspace_id=job.workspace_id,
        path=code_path(job),
        code=code.text,
        lock=lock,
        args=args,
        env=env,
        limits=limits,
        log=log,
        stream=log.stream,
        sources=sources_of(tools, job, subject, imports),
        resources=_resources(tools, job, log, subject, env),
        files=None if places is None else WorkspaceFiles(places, job, subject),
        large_rows=None if places is None else JobRows(places, job, subject),
        entrypoint=job.entrypoint or "main",
        modules=code.modules,
        preprocess=job.preprocess,
        warm_key=warm_key,
        scopes=job.scopes,
        shared=shared,
        registries=tools.registries,
        usage=usage.take,
        checkpoint=checkpoint,
        stored=stored,
        foreseen=foreseen,
    )


def environment_of(
    tools: Tools,
    job: ClaimedJob,
    code: Code,
    token: str,
    of_workspace: Mapping[str, str],
    place: PlaceInFlow = NOWHERE,
) -> dict[str, str]:
    """The variables of an attempt: those that people gave it, and the documented ones."""
    shared = shared_environment(tools, job, code, of_workspace, place)
    return {**shared, **own_variables(job, token, place)}


def shared_environment(
    tools: Tools, job: ClaimedJob, code: Code, of_workspace: Mapping[str, str], place: PlaceInFlow = NOWHERE
) -> dict[str, str]:
    """The same without those that differ between the runs of one version as one identity."""
    custom = of_workspace
    if tools.group_variables or code.envs:
        custom = {**of_workspace, **tools.group_variables, **given_variables(code.envs)}
    return shared_variables(
        job, base_url=tools.base_url, worker_group=tools.worker_group, place=place, custom=custom
    )


def warm_key(job: ClaimedJob, code: Code, subject: Subject, squashed: UUID | None) -> str | None:
    """Which runs may share a process: those of one version, as one identity with the same limits.

    What one leaves behind another sees. Of a flow's inline code those of the same step with the same text; turns of
    ``squashed`` loops those of one run.
    """
    if not job.warm or job.entrypoint is not None or job.preprocess:
        return None
    version = str(job.script_hash)
    if job.script_hash is None:
        parts = (code_path(job) or "", job.flow_step_id or "", code.language, code.text, code.lock or "")
        version = sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
    run = "" if squashed is None else str(squashed)
    # Written as a list: a scope may hold a comma, and no scopes at all permit nothing.
    limits = "" if job.scopes is None else repr(sorted(job.scopes))
    return f"{job.workspace_id}:{version}:{subject.permissioned_as}:{run}:{limits}"


def mint_token(tools: Tools, job: ClaimedJob, limits: Limits) -> str:
    """A token that is good for as long as the attempt may run."""
    expires = int(clock.now().timestamp() + limits.wall_seconds + TOKEN_SPARE_SECONDS)
    return job_tokens.mint(tools.keyring, job.id, job.attempt, expires)


def limits_of_job(limits: Limits, job: ClaimedJob) -> Limits:
    if not job.timeout_seconds:
        return limits
    return msgspec.structs.replace(limits, wall_seconds=float(job.timeout_seconds))


def _resources(
    tools: Tools, job: ClaimedJob, log: JobLog, subject: Subject, env: Mapping[str, str]
) -> Resources:
    """Resources that the code names, with the job's rights."""

    async def value(path: str) -> Any:
        resource = await tools.resources.readable(subject, job.workspace_id, path)
        if resource.value is None or not holds_references(resource.value):
            return None if resource.value is None else json.decode(resource.value)
        named = json.encode_text({"value": f"{RESOURCE}{path}"})
        text, secrets = await resolve_args(tools.pool, tools.keyring, subject, named, env)
        log.masker.add(secrets)
        return json.decode(text)["value"]

    return value
