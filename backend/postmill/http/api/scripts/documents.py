"""Scripts in the form in which clients know them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw, UnsetType
from msgspec.structs import fields

from postmill.http.deployed import present, present_json
from postmill.items.drafts import UndeployedItem
from postmill.kernel.ids import format_hash
from postmill.model.draft import DraftAuthor
from postmill.model.script import SCRIPT_KINDS, SCRIPT_LANGUAGES, Script, ScriptSettings, ScriptVersion


class ShownScript(ScriptSettings, frozen=True, kw_only=True, omit_defaults=True):
    """A version with its settings; members without a value are left out, as strict clients expect."""

    workspace_id: str
    hash: str
    path: str
    parent_hashes: list[str]
    summary: str
    description: str
    content: str
    created_by: str
    created_at: datetime
    archived: bool
    deleted: bool
    is_template: bool
    extra_perms: dict[str, bool]
    language: str
    kind: str
    starred: bool
    has_preprocessor: bool
    schema: Raw | UnsetType = UNSET
    modules: Raw | UnsetType = UNSET
    lock: str | UnsetType = UNSET
    lock_error_logs: str | UnsetType = UNSET
    auto_kind: str | UnsetType = UNSET
    deployment_message: str | UnsetType = UNSET


class ScriptWithDraft(ShownScript, frozen=True, kw_only=True, omit_defaults=True):
    """The newest version, and what the caller and others have drafted."""

    is_draft: bool
    draft_saved_at: datetime | UnsetType = UNSET
    draft: Raw | UnsetType = UNSET
    other_drafts_users: list[DraftAuthor] | UnsetType = UNSET


class ListedScript(ShownScript, frozen=True, kw_only=True, omit_defaults=True):
    """A script in a list; ``draft_only``: it is not deployed, what is shown is what a draft holds."""

    deployment_msg: str | UnsetType = UNSET
    draft_only: bool | UnsetType = UNSET
    is_draft: bool | UnsetType = UNSET
    draft_users: list[DraftAuthor] | UnsetType = UNSET


class ShownVersion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line of the history; author, time and path are ours."""

    script_hash: str
    created_by: str
    created_at: datetime
    path: str
    deployment_msg: str | UnsetType = UNSET


class DeploymentStatus(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A version without lock waits for its job, or failed with ``lock_error_logs``."""

    lock: str | UnsetType = UNSET
    lock_error_logs: str | UnsetType = UNSET
    job_id: UUID | UnsetType = UNSET


class SearchedScript(msgspec.Struct):
    path: str
    content: str


def members(script: Script, *, is_starred: bool = False, with_description: bool = True) -> dict[str, Any]:
    """The members of a shown script."""
    settings = {item.name: getattr(script.settings, item.name) for item in fields(ScriptSettings)}
    return settings | {
        "workspace_id": script.workspace_id,
        "hash": format_hash(script.hash),
        "path": script.path,
        "parent_hashes": [format_hash(parent) for parent in script.parent_hashes],
        "summary": script.summary,
        "description": script.description if with_description else "",
        "content": script.content,
        "created_by": script.created_by,
        "created_at": script.created_at,
        "archived": script.archived,
        "deleted": script.deleted,
        "is_template": script.is_template,
        "extra_perms": script.extra_perms,
        "language": script.language,
        "kind": script.kind,
        "starred": is_starred,
        "has_preprocessor": script.has_preprocessor,
        "schema": present_json(script.schema),
        "modules": present_json(script.modules),
        "lock": present(script.lock),
        "lock_error_logs": present(script.lock_error_logs),
        "auto_kind": present(script.auto_kind),
        "deployment_message": present(script.deployment_message),
    }


def document(script: Script, *, is_starred: bool = False, with_description: bool = True) -> ShownScript:
    return ShownScript(**members(script, is_starred=is_starred, with_description=with_description))


def undeployed_document(item: UndeployedItem, *, with_description: bool = True) -> ListedScript | None:
    """A script that is only drafted; None where the draft names no language, for then it is no script yet."""
    language, kind = item.text("language"), item.text("kind")
    if language not in SCRIPT_LANGUAGES:
        return None
    return ListedScript(
        workspace_id=item.draft.workspace_id,
        hash=format_hash(0),
        path=item.draft.path,
        parent_hashes=[],
        summary=item.text("summary"),
        description=item.text("description") if with_description else "",
        content=item.text("content"),
        created_by=item.draft.username,
        created_at=item.draft.saved_at,
        archived=False,
        deleted=False,
        is_template=False,
        extra_perms={},
        language=language,
        kind=kind if kind in SCRIPT_KINDS else "script",
        starred=False,
        has_preprocessor=False,
        schema=present_json(item.document("schema")),
        draft_only=True,
        is_draft=item.is_own,
        draft_users=[DraftAuthor(username=username) for username in item.usernames],
    )


def version_document(version: ScriptVersion) -> ShownVersion:
    return ShownVersion(
        script_hash=format_hash(version.hash),
        created_by=version.created_by,
        created_at=version.created_at,
        path=version.path,
        deployment_msg=present(version.deployment_message),
    )


def status_document(script: Script) -> DeploymentStatus:
    return DeploymentStatus(
        lock=present(script.lock),
        lock_error_logs=present(script.lock_error_logs),
        job_id=UNSET if script.lock_job is None else script.lock_job,
    )
