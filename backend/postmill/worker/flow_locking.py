"""Dependency jobs of flows: the locks of their inline scripts, one step after the other, told in the live log."""

from collections.abc import Mapping

import msgspec

from postmill.completion.record import Consequence
from postmill.db.pool import Session
from postmill.deploy.flow_checked import checked_value
from postmill.deploy.flow_locking import record_flow_locks, steps_to_lock, with_locks
from postmill.deploy.reading_code import lock_without_job
from postmill.kernel import json
from postmill.kernel.errors import NotFound, PostmillError
from postmill.languages.protocol import LockFailed
from postmill.model.subject import Subject
from postmill.tables.items import flow as flows
from postmill.worker.attempt import Attempt, Finished
from postmill.worker.code import Code
from postmill.worker.locking import lock_of_code, sources_of, workspace_files
from postmill.worker.outcome import ended_with


class GivenFlow(msgspec.Struct, frozen=True):
    """The arguments of a job: a ``flow_value`` that is not deployed, or nothing for the version of the job.

    ``requirements`` are workspace files by language that replace what is deployed, ``sources`` code by path.
    """

    flow_value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    requirements: dict[str, str] = {}
    sources: dict[str, str] = {}
    everything: bool = False


async def run_flow_lock_job(attempt: Attempt, subject: Subject) -> Finished:
    """Finds the locks of a version, which takes them in the transaction that ends this job, or of a given flow."""
    job = attempt.job
    given = json.decode_as(job.args, GivenFlow)
    value = await _value(attempt, given)
    locks, errors = await _locks(attempt, subject, value, given)
    if errors:
        message = attempt.log.masker.mask("\n".join(errors))
        failed = attempt.failed(message)
        return Finished(failed.ended, _recorded(attempt, locks, message))
    if job.script_hash is None:
        result = json.encode_text({"updated_flow_value": msgspec.Raw(with_locks(value, locks).encode())})
    else:
        result = json.encode_text({"locked": sorted(locks)})
    return Finished(ended_with(job, result, attempt.duration_ms), _recorded(attempt, locks, ""))


def _recorded(attempt: Attempt, locks: Mapping[str, str], errors: str) -> Consequence | None:
    job = attempt.job
    version = job.script_hash
    if version is None:
        return None

    async def record(connection: Session) -> None:
        await record_flow_locks(connection, job.workspace_id, version, job.id, locks, errors)

    return record


async def _value(attempt: Attempt, given: GivenFlow) -> str:
    job = attempt.job
    if given.flow_value is not msgspec.UNSET:
        return checked_value(bytes(given.flow_value), job.path or "", None, ()).value
    version = job.script_hash or 0
    flow = await flows.by_version(attempt.tools.pool, job.workspace_id, version)
    if flow is None:
        raise NotFound(f"version {version} of the flow does not exist any more")
    return flow.value


async def _locks(
    attempt: Attempt, subject: Subject, value: str, given: GivenFlow
) -> tuple[dict[str, str], list[str]]:
    """The locks by step, and a sentence for each step that has none."""
    job = attempt.job
    path = job.path or ""
    sources = sources_of(attempt.tools, job, subject, given.sources)
    everything = given.everything or given.flow_value is not msgspec.UNSET
    locks: dict[str, str] = {}
    errors: list[str] = []
    for step, (language, content) in steps_to_lock(value, path, everything=everything).items():
        code = Code(content, language, None)
        files = await workspace_files(attempt, code)
        requirements = given.requirements.get(language)
        simple = lock_without_job(language, content, path, "" in files or requirements is not None)
        if simple is not None:
            locks[step] = simple
            continue
        attempt.log.write(f"\nstep {step}: resolving the dependencies of its {language} code\n".encode())
        try:
            locks[step] = await lock_of_code(attempt, code, sources, requirements, files)
        except (LockFailed, PostmillError) as error:
            errors.append(f"step {step!r}: {error}")
            attempt.log.write(f"{attempt.log.masker.mask(errors[-1])}\n".encode())
    return locks, errors
