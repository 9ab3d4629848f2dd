"""A run that its owner shows to whoever has the link."""

from datetime import datetime
from uuid import UUID

import msgspec


class RunShare(msgspec.Struct, frozen=True, kw_only=True):
    """A link to look at a run. ``created_by`` names whose rights it lends; no ``expires_at``: until it is revoked."""

    id: UUID
    workspace_id: str
    job_id: UUID
    shows_args: bool
    shows_logs: bool
    created_by: str
    created_by_email: str
    created_at: datetime
    expires_at: datetime | None
