"""Deploys a new version of a script."""

import asyncio
from dataclasses import dataclass

from msgspec import UNSET, Raw, convert
from msgspec.structs import fields, replace

from postmill.access.paths import ItemPath
from postmill.access.policy import not_found, require_developer, require_place, require_write
from postmill.db.pool import Connection, Pool, Session, in_transaction
from postmill.deploy.checked import (
    MAX_CODE_LENGTH,
    MAX_SUMMARY_LENGTH,
    checked_modules,
    checked_schema,
    checked_settings,
    checked_text,
)
from postmill.deploy.identity import meaning, version_hash
from postmill.deploy.lock_jobs import new_lock_job, queue_lock_job
from postmill.deploy.locking import announce
from postmill.deploy.protection import require_deploying
from postmill.deploy.reading_code import CodeFacts, given_lock, lock_without_job, read_code
from postmill.kernel import clock, json
from postmill.kernel.errors import Conflict, InvalidInput, NotFound
from postmill.kernel.ids import format_hash, parse_hash
from postmill.languages.source import stored_language
from postmill.model.script import (
    LOCKED_LANGUAGES,
    NewScript,
    Script,
    ScriptKind,
    ScriptLanguage,
    ScriptModule,
    ScriptSettings,
    dependency_language,
)
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import draft as drafts
from postmill.tables.items import favorite, script_import
from postmill.tables.items import script as scripts
from postmill.tables.workspaces import workspace_dependency


@dataclass(frozen=True, slots=True)
class Lineage:
    """Where a new version stands: what is at its path, and which version it continues."""

    head: Script | None
    parent: Script | None

    @property
    def moved_from(self) -> Script | None:
        """The parent, where the new version has another path."""
        is_move = self.parent is not None and (self.head is None or self.parent.path != self.head.path)
        return self.parent if is_move else None


async def create_script(
    within: Connection, subject: Subject, workspace: str, new: NewScript, *, skip_if_noop: bool = False
) -> int:
    """Stores the version and has its lock found; returns its hash.

    Raises Conflict for a taken path, a version that exists already and a parent that has a child, InvalidInput for
    whatever cannot be kept or read. With ``skip_if_noop`` a deployment that changes nothing returns the hash of what is
    there.
    """
    require_developer(subject)
    path = ItemPath.parse(new.path).text
    checked_text(new.content, "content", MAX_CODE_LENGTH)
    new = replace(new, language=convert(stored_language(new.language, new.content), ScriptLanguage))
    async with in_transaction(within) as connection:
        await scripts.lock_path(connection, workspace, path)
        lineage = await _lineage(connection, subject, workspace, path, new)
        before = lineage.parent or lineage.head
        previous_schema = None if before is None else before.schema
        facts = await asyncio.to_thread(
            read_code, new.language, new.content, path, previous_schema, new.modules
        )
        script = _script(subject, workspace, path, new, facts, lineage)
        head = lineage.head
        if skip_if_noop and head is not None and not head.archived and _changes_nothing(script, new, head):
            return head.hash
        _require_free_path(lineage, path, new)
        script = replace(script, lock=await _lock_now(connection, script, new))
        return await _store(connection, subject, script, facts, lineage, new)


async def _lineage(
    connection: Session, subject: Subject, workspace: str, path: str, new: NewScript
) -> Lineage:
    """Raises for a parent that is unknown, hidden, or has a child, and where the subject may not write."""
    head = await scripts.head(connection, workspace, path)
    require_place(subject, "script", path, None if head is None else head.extra_perms)
    if new.auto_parent or not new.parent_hash:
        # An archived path is restored by a version that continues it.
        continues = head is not None and (new.auto_parent or head.archived)
        return Lineage(head, head if continues else None)
    parent = await _parent(connection, subject, workspace, new.parent_hash)
    # Two moves of one script wait for each other here.
    await scripts.lock_path(connection, workspace, parent.path)
    child = await scripts.child_of(connection, workspace, parent.hash)
    if child is not None:
        raise Conflict(
            f"Bad request: lineage must be linear: {new.parent_hash} is already followed by {format_hash(child)}"
        )
    return Lineage(head, parent)


async def _parent(connection: Session, subject: Subject, workspace: str, text: str) -> Script:
    try:
        parent_hash = parse_hash(text)
    except ValueError as error:
        raise InvalidInput(f"Bad request: parent_hash: {error}") from None
    parent = await scripts.by_hash(connection, workspace, parent_hash)
    if parent is None or parent.deleted:
        raise InvalidInput(f"Bad request: parent version {text} does not exist")
    try:
        require_write(subject, "script", parent.path, parent.extra_perms)
    except NotFound:
        raise InvalidInput(f"Bad request: parent version {text} does not exist") from None
    return parent


def _require_free_path(lineage: Lineage, path: str, new: NewScript) -> None:
    head = lineage.head
    if head is None or head.archived:
        return
    if lineage.parent is None or lineage.parent.path != path:
        raise Conflict(
            f"Bad request: Path conflict for {path} with non-archived hash {format_hash(head.hash)}"
        )
    if lineage.parent.hash != head.hash:
        raise Conflict(
            f"Bad request: lineage must be linear: {format_hash(head.hash)} is the newest version of {path}, "
            f"not {new.parent_hash}"
        )


def _script(
    subject: Subject, workspace: str, path: str, new: NewScript, facts: CodeFacts, lineage: Lineage
) -> Script:
    """The version as it will be kept, but for its lock and hash."""
    parent = lineage.parent
    is_read_here = facts.schema is not None
    return Script(
        workspace_id=workspace,
        hash=0,
        version=0,
        path=path,
        parent_hashes=() if parent is None else (parent.hash, *parent.parent_hashes),
        summary=checked_text(new.summary, "summary", MAX_SUMMARY_LENGTH),
        description=checked_text(new.description, "description"),
        content=new.content,
        language=new.language,
        kind=new.kind or "script",
        schema=checked_schema(new.schema) or facts.schema,
        modules=checked_modules(new),
        is_template=bool(new.is_template),
        auto_kind=facts.auto_kind if is_read_here else checked_text(new.auto_kind, "auto_kind", 50) or None,
        has_preprocessor=facts.has_preprocessor if is_read_here else bool(new.has_preprocessor),
        settings=checked_settings(new, subject),
        lock=None,
        lock_error_logs=None,
        lock_job=None,
        deployment_message=checked_text(new.deployment_message, "deployment_message", MAX_SUMMARY_LENGTH)
        or None,
        extra_perms={} if parent is None else parent.extra_perms,
        created_by=subject.username,
        created_at=clock.now(),
        archived=False,
        deleted=False,
    )


def _changes_nothing(script: Script, new: NewScript, head: Script) -> bool:
    if meaning(script) != meaning(head):
        return False
    given = given_lock(new.language, new.lock)
    return head.lock_error_logs is None and (given is None or given == head.lock)


async def _lock_now(connection: Session, script: Script, new: NewScript) -> str | None:
    """The lock, where it is given or nothing has to be resolved."""
    given = given_lock(script.language, new.lock)
    if given is not None:
        return checked_text(given, "lock", MAX_CODE_LENGTH)
    if script.modules is not None and script.language in LOCKED_LANGUAGES:
        return None
    default = await workspace_dependency.current(
        connection, script.workspace_id, dependency_language(script.language), None
    )
    return lock_without_job(script.language, script.content, script.path, default is not None)


async def _store(
    connection: Session, subject: Subject, script: Script, facts: CodeFacts, lineage: Lineage, new: NewScript
) -> int:
    await require_deploying(connection, subject, script.workspace_id)
    script = replace(
        script, hash=version_hash(script), lock_job=new_lock_job() if script.lock is None else None
    )
    if await scripts.by_hash(connection, script.workspace_id, script.hash) is not None:
        raise Conflict(f"Bad request: this version exists already, with hash {format_hash(script.hash)}")
    version = await scripts.add(connection, script)
    script = replace(script, version=version)
    await script_import.replace(connection, script.workspace_id, script.path, facts.imports)
    if lineage.moved_from is not None:
        await _leave(connection, subject, lineage.moved_from, script.path)
    if not new.skip_draft_deletion:
        await drafts.delete(connection, script.workspace_id, subject.email, "script", script.path)
    parameters = {"hash": format_hash(script.hash)}
    await audit.record(connection, subject, "scripts.create", "Created", script.path, parameters)
    if script.lock_job is None:
        before = await scripts.previous_lock(connection, script)
        await announce(connection, script, is_lock_new=script.lock != before)
    else:
        await queue_lock_job(connection, script, subject, script.lock_job)
        await scripts.notify_changed(connection, script.workspace_id, script.path)
    return script.hash


async def _leave(connection: Session, subject: Subject, old: Script, new_path: str) -> None:
    """The old path of a moved script is archived; its stars, and the mover's draft, go along."""
    workspace = old.workspace_id
    await scripts.lock_path(connection, workspace, old.path)
    await scripts.archive_path(connection, workspace, old.path)
    await script_import.replace(connection, workspace, old.path, ())
    await favorite.move(connection, workspace, "script", old.path, new_path)
    await drafts.delete(connection, workspace, subject.email, "script", old.path)
    await scripts.notify_changed(connection, workspace, old.path)
    await audit.record(connection, subject, "scripts.move", "Updated", new_path, {"from": old.path})


async def move_script(pool: Pool, subject: Subject, workspace: str, path: str, new_path: str) -> int:
    """Gives a script another path, with its history, as a new version that continues it; returns its hash."""
    head = await scripts.head(pool, workspace, path)
    if head is None or head.archived:
        raise not_found("script", path)
    require_write(subject, "script", path, head.extra_perms)
    if new_path == path:
        raise InvalidInput(f"Bad request: the script is at {path} already")
    return await create_script(pool, subject, workspace, continued(head, ItemPath.parse(new_path).text))


def continued(head: Script, path: str) -> NewScript:
    """The same version as a request, to be deployed at another path."""
    settings = {item.name: getattr(head.settings, item.name) for item in fields(ScriptSettings)}
    return NewScript(
        path=path,
        parent_hash=format_hash(head.hash),
        content=head.content,
        language=convert(head.language, ScriptLanguage),
        summary=head.summary,
        description=head.description,
        schema=UNSET if head.schema is None else Raw(head.schema.encode()),
        is_template=head.is_template,
        lock=head.lock,
        kind=convert(head.kind, ScriptKind),
        modules=None if head.modules is None else json.decode_as(head.modules, dict[str, ScriptModule]),
        auto_kind=head.auto_kind,
        has_preprocessor=head.has_preprocessor,
        preserve_on_behalf_of=True,
        **settings,
    )
