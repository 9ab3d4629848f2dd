"""Resolving dependencies: jobs that do nothing else, and previews that come without a lock."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Mapping
from hashlib import sha256

import msgspec

from postmill.completion.record import Consequence
from postmill.db.pool import Session
from postmill.deploy.locking import record_lock, record_lock_error
from postmill.deploy.reading_code import lock_without_job
from postmill.kernel import json
from postmill.kernel.errors import PostmillError
from postmill.languages.protocol import LockFailed, LockRequest, Sources
from postmill.model.job import ClaimedJob
from postmill.model.script import dependency_language
from postmill.model.subject import Subject
from postmill.references.scripts import readable_source
from postmill.tables.workspaces import workspace_dependency
from postmill.worker.attempt import Attempt, Finished
from postmill.worker.code import Code
from postmill.worker.code_path import code_path
from postmill.worker.outcome import ended_with
from postmill.worker.tools import Tools

MOST_PREVIEW_LOCKS = 200
PREVIEW_LOCK_SECONDS = 600.0
LOCK_SECONDS = 300.0

_preview_locks: OrderedDict[str, tuple[float, str]] = OrderedDict()


class Given(msgspec.Struct, frozen=True):
    """The arguments of a dependency job: see ``model.run_options.RawScript``."""

    requirements: str | None = None
    sources: dict[str, str] = {}


def sources_of(
    tools: Tools, job: ClaimedJob, subject: Subject, given: Mapping[str, str] | None = None
) -> Sources:
    """Code by path for imports, as the job's subject may read it; ``given`` code comes first."""

    async def source(path: str) -> str | None:
        if given and path in given:
            return given[path]
        return await readable_source(tools.pool, subject, job.workspace_id, path)

    return source


async def run_lock_job(attempt: Attempt, code: Code, subject: Subject) -> Finished:
    """Finds the lock of a version, which becomes runnable in the transaction that ends this job, or of given code."""
    job = attempt.job
    given = json.decode_as(job.args, Given)
    sources = sources_of(attempt.tools, job, subject, given.sources)
    script_hash = job.script_hash
    try:
        files = await workspace_files(attempt, code)
        lock = await lock_of_code(attempt, code, sources, given.requirements, files)
    except (LockFailed, PostmillError) as error:
        message = attempt.log.masker.mask(str(error))
        attempt.log.write(f"{message}\n".encode())
        failed = attempt.failed(message)
        return Finished(failed.ended, _records_error(job.workspace_id, script_hash, message))
    ended = ended_with(job, json.encode_text({"lock": lock}), attempt.duration_ms)

    async def record(connection: Session) -> None:
        if script_hash is not None:
            await record_lock(connection, job.workspace_id, script_hash, lock)

    return Finished(ended, record if script_hash is not None else None)


def _records_error(workspace: str, script_hash: int | None, message: str) -> Consequence | None:
    if script_hash is None:
        return None

    async def record(connection: Session) -> None:
        await record_lock_error(connection, workspace, script_hash, message)

    return record


async def lock_of_preview(
    attempt: Attempt, code: Code, sources: Sources, imports: Mapping[str, str]
) -> str | None:
    """The lock of code that came without one; kept for a while, as previews of the same code come in rows."""
    files = await workspace_files(attempt, code)
    simple = lock_without_job(code.language, code.text, code_path(attempt.job) or "", "" in files)
    if simple is not None:
        return simple
    parts = (
        attempt.job.workspace_id,
        attempt.job.permissioned_as,
        code.language,
        code_path(attempt.job) or "",
        json.encode_text(sorted(files.items())),
        json.encode_text(sorted(imports.items())),
        code.text,
    )
    key = sha256("\0".join(parts).encode("utf-8", "replace")).hexdigest()
    until, lock = _preview_locks.get(key, (0.0, ""))
    if until < time.monotonic():
        lock = await lock_of_code(attempt, code, sources, None, files)
        _preview_locks[key] = (time.monotonic() + PREVIEW_LOCK_SECONDS, lock)
        if len(_preview_locks) > MOST_PREVIEW_LOCKS:
            _preview_locks.popitem(last=False)
    return lock


async def lock_of_code(
    attempt: Attempt, code: Code, sources: Sources, requirements: str | None, files: Mapping[str, str]
) -> str:
    """The lock of code at the job's path; ``files`` are the workspace's requirements. Raises LockFailed."""
    request = LockRequest(
        code=code.text,
        path=code_path(attempt.job),
        sources=sources,
        log=attempt.log,
        entrypoint=attempt.job.entrypoint or "main",
        workspace_requirements=files,
        raw_requirements=requirements,
        modules=code.modules,
        registries=attempt.tools.registries,
    )
    seconds = attempt.job.timeout_seconds or LOCK_SECONDS
    try:
        async with asyncio.timeout(seconds):
            return await attempt.tools.runner.lock(code.language, request)
    except TimeoutError:
        raise LockFailed(f"the dependencies were not resolved within {seconds:g} s") from None


async def workspace_files(attempt: Attempt, code: Code) -> dict[str, str]:
    """The workspace's requirements files of the language by name, the default one under ""."""
    return await workspace_dependency.contents(
        attempt.tools.pool, attempt.job.workspace_id, dependency_language(code.language)
    )
