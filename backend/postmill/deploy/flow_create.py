"""Deploys a new version of a flow: of a new one, over the one at its path, or at another path to which it moves."""

import asyncio
from uuid import UUID

from msgspec.structs import replace

from postmill.access.paths import ItemPath
from postmill.access.policy import not_found, require_developer, require_place, require_write
from postmill.db.pool import Connection, Pool, Session, in_transaction
from postmill.deploy.checked import MAX_SUMMARY_LENGTH, checked_schema, checked_text
from postmill.deploy.flow_checked import CheckedFlow, checked_flow_settings, checked_value
from postmill.deploy.flow_locking import queue_flow_lock_job
from postmill.deploy.lock_jobs import new_lock_job
from postmill.deploy.protection import require_deploying
from postmill.kernel import clock, json
from postmill.kernel.errors import Conflict, InvalidInput
from postmill.model.flow_document import FlowDocument, NewFlow
from postmill.model.script import SHARED_DEPENDENCIES
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import draft as drafts
from postmill.tables.items import favorite, flow_use
from postmill.tables.items import flow as flows
from postmill.tables.workspaces import workspace_dependency


async def create_flow(pool: Pool, subject: Subject, workspace: str, new: NewFlow) -> FlowDocument:
    """Stores the first version at a path, or the next one of an archived flow, which comes back with it.

    Raises Conflict for a taken path, InvalidInput for whatever cannot be kept or read, naming the step.
    """
    require_developer(subject)
    if new.path is None:
        raise InvalidInput("Bad request: path is missing: where the flow is deployed, such as f/folder/name")
    path = ItemPath.parse(new.path).text
    async with pool.acquire() as connection, connection.transaction():
        await flows.lock_path(connection, workspace, path)
        head = await flows.head(connection, workspace, path)
        require_place(subject, "flow", path, None if head is None else head.extra_perms)
        if head is None:
            await flows.add(connection, workspace, path, {})
        elif not head.archived:
            raise Conflict(f"Bad request: Path conflict for {path}: there is a flow already")
        _require_newest(path, head, new.parent_version)
        return await _store(connection, subject, workspace, path, new, head)


async def update_flow(
    within: Connection,
    subject: Subject,
    workspace: str,
    path: str,
    new: NewFlow,
    *,
    skip_if_noop: bool = False,
) -> FlowDocument:
    """Stores the next version of the flow at ``path``, which moves with all its versions if ``new`` has another path.

    With ``skip_if_noop`` a version that would be the newest one again is not made. Raises as ``create_flow``, and
    Conflict where ``new.parent_version`` is not the newest one any more.
    """
    require_developer(subject)
    target = ItemPath.parse(new.path).text if new.path else path
    async with in_transaction(within) as connection:
        for one in sorted({path, target}):
            await flows.lock_path(connection, workspace, one)
        head = await flows.head(connection, workspace, path)
        if head is None:
            raise not_found("flow", path)
        require_write(subject, "flow", path, head.extra_perms)
        _require_newest(path, head, new.parent_version)
        if target != path:
            await _move(connection, subject, workspace, path, target)
            head = replace(head, path=target)
        return await _store(connection, subject, workspace, target, new, head, skip_if_noop=skip_if_noop)


def _require_newest(path: str, head: FlowDocument | None, parent: int | None) -> None:
    """Who says what they started from does not go over what somebody else has deployed since."""
    if parent is None or (head is not None and head.version == parent):
        return
    newest = "there is no version yet" if head is None else f"{head.version} is the newest version"
    raise Conflict(f"Bad request: lineage must be linear: {newest} of {path}, not {parent}")


async def _move(connection: Session, subject: Subject, workspace: str, path: str, target: str) -> None:
    """Versions, rights and stars go along, and the mover's draft goes."""
    await require_deploying(connection, subject, workspace)
    taken = await flows.head(connection, workspace, target)
    require_place(subject, "flow", target, None if taken is None else taken.extra_perms)
    if taken is not None:
        what = "an archived flow" if taken.archived else "a flow"
        raise Conflict(f"Bad request: Path conflict for {target}: there is {what} already")
    await flows.move(connection, workspace, path, target)
    await favorite.move(connection, workspace, "flow", path, target)
    await drafts.delete(connection, workspace, subject.email, "flow", path)
    await flows.notify_changed(connection, workspace, path)
    await audit.record(connection, subject, "flows.move", "Updated", target, {"from": path})


async def _store(
    connection: Session,
    subject: Subject,
    workspace: str,
    path: str,
    new: NewFlow,
    previous: FlowDocument | None,
    *,
    skip_if_noop: bool = False,
) -> FlowDocument:
    before = None if previous is None else previous.value
    defaults = await _default_requirements(connection, workspace)
    # Reading the code of many steps takes a while; other requests go on meanwhile.
    checked = await asyncio.to_thread(checked_value, bytes(new.value), path, before, defaults)
    flow = _document(subject, workspace, path, new, checked, previous)
    if skip_if_noop and previous is not None and _meaning(flow) == _meaning(previous):
        return previous
    await require_deploying(connection, subject, workspace)
    flow = replace(flow, version=await flows.add_version(connection, flow))
    await flow_use.replace(connection, workspace, path, checked.uses)
    if not new.skip_draft_deletion:
        await drafts.delete(connection, workspace, subject.email, "flow", path)
    details = {"version": flow.version}
    if previous is None:
        await audit.record(connection, subject, "flows.create", "Created", path, details)
    else:
        await audit.record(connection, subject, "flows.update", "Updated", path, details)
    if flow.lock_job is not None:
        await queue_flow_lock_job(connection, flow, subject, flow.lock_job)
    await flows.notify_changed(connection, workspace, path)
    return flow


def _document(
    subject: Subject,
    workspace: str,
    path: str,
    new: NewFlow,
    checked: CheckedFlow,
    previous: FlowDocument | None,
) -> FlowDocument:
    lock_job: UUID | None = new_lock_job() if checked.unlocked else None
    return FlowDocument(
        workspace_id=workspace,
        path=path,
        version=0,
        summary=checked_text(new.summary, "summary", MAX_SUMMARY_LENGTH),
        description=checked_text(new.description, "description"),
        value=checked.value,
        schema=checked_schema(new.schema),
        settings=checked_flow_settings(new, subject),
        archived=False,
        extra_perms={} if previous is None else previous.extra_perms,
        lock_job=lock_job,
        lock_error_logs=None,
        deployment_message=checked_text(new.deployment_message, "deployment_message", MAX_SUMMARY_LENGTH)
        or None,
        created_by=subject.username,
        created_at=clock.now(),
    )


def _meaning(flow: FlowDocument) -> tuple[object, ...]:
    """What a client can change."""
    schema = None if flow.schema is None else json.decode(flow.schema)
    return flow.summary, flow.description, json.decode(flow.value), schema, flow.settings, flow.archived


async def _default_requirements(connection: Session, workspace: str) -> frozenset[str]:
    """The languages that have a requirements file of the workspace which all of their scripts use."""
    files = await workspace_dependency.list_current(connection, workspace)
    own = {file.language for file in files if not file.name}
    return frozenset(own | {name for name, shared in SHARED_DEPENDENCIES.items() if shared in own})
