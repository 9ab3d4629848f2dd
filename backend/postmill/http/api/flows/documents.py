"""Flows in the form in which clients know them."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
from msgspec import UNSET, Raw, UnsetType

from postmill.http.deployed import present, present_json
from postmill.items.drafts import UndeployedItem
from postmill.model.draft import DraftAuthor
from postmill.model.flow_document import FlowDocument, FlowSettings, FlowVersionLine


class ShownFlow(FlowSettings, frozen=True, kw_only=True, omit_defaults=True):
    """A version with its settings; members without a value are left out, as strict clients expect."""

    workspace_id: str
    path: str
    summary: str
    edited_by: str
    edited_at: datetime
    archived: bool
    extra_perms: dict[str, bool]
    starred: bool
    version_id: int
    description: str
    value: Raw | UnsetType = UNSET
    schema: Raw | UnsetType = UNSET
    lock_error_logs: str | UnsetType = UNSET
    deployment_msg: str | UnsetType = UNSET


class FlowWithDraft(ShownFlow, frozen=True, kw_only=True, omit_defaults=True):
    """The newest version, and what the caller and others have drafted."""

    is_draft: bool
    draft_saved_at: datetime | UnsetType = UNSET
    draft: Raw | UnsetType = UNSET
    other_drafts_users: list[DraftAuthor] | UnsetType = UNSET


class ListedFlow(ShownFlow, frozen=True, kw_only=True, omit_defaults=True):
    """A flow in a list; ``draft_only``: it is not deployed, what is shown is what a draft holds."""

    draft_only: bool | UnsetType = UNSET
    is_draft: bool | UnsetType = UNSET
    draft_users: list[DraftAuthor] | UnsetType = UNSET


class ShownFlowVersion(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A line of the history; the author is ours."""

    id: int
    created_at: datetime
    created_by: str
    deployment_msg: str | UnsetType = UNSET


class FlowDeploymentStatus(msgspec.Struct, kw_only=True, omit_defaults=True):
    """``job_id`` looks, or looked, for the locks of inline scripts."""

    lock_error_logs: str | UnsetType = UNSET
    job_id: UUID | UnsetType = UNSET


class SearchedFlow(msgspec.Struct):
    path: str
    value: Raw


def members(
    flow: FlowDocument,
    *,
    is_starred: bool = False,
    with_description: bool = True,
    with_value: bool = True,
    with_message: bool = True,
) -> dict[str, Any]:
    """The members of a shown flow."""
    settings = {name: getattr(flow.settings, name) for name in FlowSettings.__struct_fields__}
    return settings | {
        "workspace_id": flow.workspace_id,
        "path": flow.path,
        "summary": flow.summary,
        "edited_by": flow.created_by,
        "edited_at": flow.created_at,
        "archived": flow.archived,
        "extra_perms": flow.extra_perms,
        "starred": is_starred,
        "version_id": flow.version,
        "description": flow.description if with_description else "",
        "value": Raw(flow.value.encode()) if with_value else UNSET,
        "schema": present_json(flow.schema),
        "lock_error_logs": present(flow.lock_error_logs),
        "deployment_msg": present(flow.deployment_message) if with_message else UNSET,
    }


def undeployed_document(item: UndeployedItem, *, with_description: bool, with_value: bool) -> ListedFlow:
    """A flow that is only drafted."""
    value = item.document("value") or '{"modules":[]}'
    return ListedFlow(
        workspace_id=item.draft.workspace_id,
        path=item.draft.path,
        summary=item.text("summary"),
        edited_by=item.draft.username,
        edited_at=item.draft.saved_at,
        archived=False,
        extra_perms={},
        starred=False,
        version_id=0,
        description=item.text("description") if with_description else "",
        value=Raw(value.encode()) if with_value else UNSET,
        schema=present_json(item.document("schema")),
        draft_only=True,
        is_draft=item.is_own,
        draft_users=[DraftAuthor(username=username) for username in item.usernames],
    )


def version_document(line: FlowVersionLine) -> ShownFlowVersion:
    return ShownFlowVersion(
        id=line.id,
        created_at=line.created_at,
        created_by=line.created_by,
        deployment_msg=present(line.deployment_message),
    )


def status_document(flow: FlowDocument) -> FlowDeploymentStatus:
    return FlowDeploymentStatus(
        lock_error_logs=present(flow.lock_error_logs),
        job_id=UNSET if flow.lock_job is None else flow.lock_job,
    )
