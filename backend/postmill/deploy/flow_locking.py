"""Locks of the inline scripts of flows: the job that finds them, and what becomes of a version when it did."""

import logging
from collections.abc import Mapping
from uuid import UUID

from msgspec.structs import replace

from postmill.db.pool import Session
from postmill.deploy.flow_checked import imports_scripts
from postmill.deploy.lock_jobs import DEPENDENCY_TAG, new_lock_job
from postmill.kernel import json
from postmill.model.flow_document import FlowDocument
from postmill.model.flow_rewriting import Step, plain, raw, rewrite_steps, steps_of
from postmill.model.job import NewJob
from postmill.model.script import LOCKED_LANGUAGES
from postmill.model.subject import Subject
from postmill.queue.push import push_in
from postmill.tables.items import flow as flows
from postmill.tables.items import flow_use
from postmill.tables.people.workspace_member import load_subject

RELOCKED_MESSAGE = "Locked again: what a step imports or requires changed"

logger = logging.getLogger(__name__)


def steps_to_lock(value: str, path: str, *, everything: bool = False) -> dict[str, tuple[str, str]]:
    """Language and code, by step, of the inline scripts without a lock, and of those whose lock depends on others."""
    wanted: dict[str, tuple[str, str]] = {}
    for step in steps_of(value):
        if step.kind != "rawscript":
            continue
        language, content = str(plain(step.value["language"])), str(plain(step.value["content"]))
        if language in LOCKED_LANGUAGES and (
            everything or "lock" not in step.value or imports_scripts(language, content, path)
        ):
            wanted[step.id] = (language, content)
    return wanted


def inline_code(value: str) -> list[tuple[str, str]]:
    """Language and code of every inline script."""
    return [
        (str(plain(step.value["language"])), str(plain(step.value["content"])))
        for step in steps_of(value)
        if step.kind == "rawscript"
    ]


def with_locks(value: str, locks: Mapping[str, str]) -> str:
    """The value with these locks by step."""

    def change(step: Step) -> None:
        if step.kind == "rawscript" and step.id in locks:
            step.value["lock"] = raw(locks[step.id])

    return rewrite_steps(value, change)


def _contradicts(value: str, locks: Mapping[str, str]) -> bool:
    """Whether a step has a lock already, and another one."""
    return any(
        step.id in locks and "lock" in step.value and plain(step.value["lock"]) != locks[step.id]
        for step in steps_of(value)
    )


async def queue_flow_lock_job(
    connection: Session, flow: FlowDocument, subject: Subject, job_id: UUID, *, everything: bool = False
) -> None:
    """The job reads imports with the rights of ``subject``, whoever's version it locks.

    ``everything``: steps that have a lock, and import no script, are locked again too.
    """
    job = NewJob(
        id=job_id,
        workspace_id=flow.workspace_id,
        kind="flowdependencies",
        created_by=subject.username,
        permissioned_as=subject.permissioned_as,
        email=subject.email,
        tag=DEPENDENCY_TAG,
        path=flow.path,
        script_hash=flow.version,
        args=json.encode_text({"everything": True} if everything else {}),
    )
    await push_in(connection, [job])


async def record_flow_locks(
    connection: Session, workspace: str, version: int, job_id: UUID, locks: Mapping[str, str], errors: str
) -> None:
    """What a lock job found (by step) and could not find, inside the transaction that ends it.

    Locks are filled in where there were none. A different lock of a step that has one makes a new version of the same
    flow, if that version is still the newest: what runs keeps what it started with.
    """
    flow = await flows.by_version(connection, workspace, version)
    if flow is None or (errors and flow.lock_job != job_id):
        return
    if errors:
        await flows.set_value(connection, workspace, version, with_locks(flow.value, locks))
        await flows.set_lock_error(connection, workspace, version, errors.replace("\0", "\ufffd"))
    elif _contradicts(flow.value, locks):
        await _relock(connection, flow, locks)
    else:
        await flows.set_value(connection, workspace, version, with_locks(flow.value, locks))
    await flows.notify_changed(connection, workspace, flow.path)


async def _relock(connection: Session, flow: FlowDocument, locks: Mapping[str, str]) -> None:
    """A newer version has a lock job of its own: then there is nothing to do."""
    await flows.lock_path(connection, flow.workspace_id, flow.path)
    head = await flows.head(connection, flow.workspace_id, flow.path)
    if head is None or head.archived or head.version != flow.version:
        return
    again = replace(
        flow,
        value=with_locks(flow.value, locks),
        lock_error_logs=None,
        deployment_message=RELOCKED_MESSAGE,
    )
    await flows.add_version(connection, again)


async def relock_importing_flows(connection: Session, workspace: str, script: str) -> list[str]:
    """Queues a lock job for the newest version of every flow whose code imports the script; returns their paths."""
    queued = []
    for path in await flow_use.importers_of(connection, workspace, script):
        head = await flows.head(connection, workspace, path)
        if head is not None and not head.archived and await relock_flow(connection, head):
            queued.append(path)
    return queued


async def relock_flow(connection: Session, flow: FlowDocument, *, everything: bool = False) -> bool:
    """Queues a lock job with the rights of the version's author; False where the author is gone, and the locks stay."""
    author = await load_subject(connection, flow.workspace_id, f"u/{flow.created_by}", "")
    if author is None:
        logger.warning("flow %s is not locked again: its author is gone", flow.path)
        return False
    job_id = new_lock_job()
    await flows.set_lock_job(connection, flow.workspace_id, flow.version, job_id)
    await queue_flow_lock_job(connection, flow, author, job_id, everything=everything)
    return True
