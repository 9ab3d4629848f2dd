"""A variable: a named text of a workspace, secret or not."""

from datetime import datetime
from typing import Annotated

import msgspec
from msgspec import Meta


class Variable(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` of a secret is the sealed record, never the clear text."""

    workspace_id: str
    path: str
    value: str
    is_secret: bool
    description: str
    account: int | None
    is_oauth: bool
    expires_at: datetime | None
    labels: tuple[str, ...]
    ws_specific: bool
    extra_perms: dict[str, bool]
    edited_by: str
    edited_at: datetime


class CreateVariable(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    value: str
    is_secret: bool = False
    description: str = ""
    account: Annotated[int, Meta(ge=0, le=2**31 - 1)] | None = None
    is_oauth: bool | None = None
    expires_at: Annotated[datetime, Meta(tz=True)] | None = None
    labels: tuple[str, ...] | None = None
    ws_specific: bool | None = None


class EditVariable(msgspec.Struct, frozen=True, kw_only=True):
    """Absent members stay as they are."""

    path: str | None = None
    value: str | None = None
    is_secret: bool | None = None
    description: str | None = None
    labels: tuple[str, ...] | None = None
    ws_specific: bool | None = None
