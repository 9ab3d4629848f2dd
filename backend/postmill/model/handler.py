"""What a workspace runs when runs end."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

HandlerKind = Literal["error", "success"]


class Handler(msgspec.Struct, frozen=True, kw_only=True):
    """A script or flow that runs after each run that failed, or succeeded; ``extra_args`` is a JSON object as text."""

    path: str
    is_flow: bool
    extra_args: str
    muted_on_cancel: bool
    muted_on_user_path: bool
    permissioned_as: str
    email: str

    @property
    def address(self) -> str:
        """The path with its kind in front, as the API names it."""
        return f"{'flow' if self.is_flow else 'script'}/{self.path}"


class DueHandler(msgspec.Struct, frozen=True, kw_only=True):
    """The handler of a workspace, and up to when it has dealt with all runs."""

    workspace_id: str
    kind: HandlerKind
    handler: Handler
    seen_until: datetime


class EndedRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run of a deployed script or flow that has ended."""

    id: UUID
    path: str | None
    is_flow: bool
    email: str
    schedule_path: str | None
    is_canceled: bool
    is_muted: bool
    started_at: datetime | None
    completed_at: datetime
