"""A flow as it is deployed: one version of what is at a path, with the settings of its runs."""

from datetime import datetime
from uuid import UUID

import msgspec


class FlowSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How runs of a version behave, apart from what its value says; names and units as on the wire (seconds)."""

    tag: str | None = None
    priority: int | None = None
    timeout: float | None = None
    dedicated_worker: bool | None = None
    visible_to_runner_only: bool | None = None
    ws_error_handler_muted: bool | None = None
    on_behalf_of: str | None = None
    on_behalf_of_email: str | None = None
    labels: tuple[str, ...] | None = None


class FlowDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One version. ``value`` and ``schema`` are JSON as text; inline code with its locks stands in ``value``.

    ``archived`` and ``extra_perms`` belong to the path, whatever the version. ``lock_job`` looks for the locks, and
    ``lock_error_logs`` says why it found none; the version runs all the same, finding them when it has to.
    """

    workspace_id: str
    path: str
    version: int
    summary: str
    description: str
    value: str
    schema: str | None
    settings: FlowSettings
    archived: bool
    extra_perms: dict[str, bool]
    lock_job: UUID | None
    lock_error_logs: str | None
    deployment_message: str | None
    created_by: str
    created_at: datetime


class NewFlow(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller sends to deploy a version; members as on the wire. An update may leave ``path`` out.

    ``parent_version``: the version that the caller started from, which has to be the newest one still.
    """

    value: msgspec.Raw
    path: str | None = None
    parent_version: int | None = None
    summary: str = ""
    description: str | None = None
    schema: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    deployment_message: str | None = None
    skip_draft_deletion: bool | None = None
    preserve_on_behalf_of: bool | None = None

    tag: str | None = None
    priority: int | None = None
    timeout: float | None = None
    dedicated_worker: bool | None = None
    visible_to_runner_only: bool | None = None
    ws_error_handler_muted: bool | None = None
    on_behalf_of: str | None = None
    on_behalf_of_email: str | None = None
    labels: tuple[str, ...] | None = None


class FlowFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of flows is narrowed to; None leaves a member out."""

    archived: bool = False
    path_start: str | None = None
    path_exact: str | None = None
    created_by: str | None = None
    dedicated_worker: bool | None = None
    label: str | None = None
    starred_only: bool = False


class FlowVersionLine(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a flow's history."""

    id: int
    path: str
    deployment_message: str | None
    created_by: str
    created_at: datetime


class FlowUse(msgspec.Struct, frozen=True, order=True):
    """What a flow needs: it runs a ``script`` or ``flow``, or its inline code makes an ``import`` of a script."""

    kind: str
    path: str
