"""Something that the people who run the instance, or a workspace, have to look at."""

from datetime import datetime
from typing import Literal
from uuid import UUID

import msgspec

AlertKind = Literal["tag_unserved", "worker_silent", "run_lost"]


class Alert(msgspec.Struct, frozen=True, kw_only=True):
    """``over_at``: since when it is no longer so; None while it lasts. ``workspace_id``: None for the instance.

    ``job_id``: the run that was lost.
    """

    id: int
    alert_type: AlertKind
    message: str
    created_at: datetime
    acknowledged: bool
    workspace_id: str | None
    over_at: datetime | None
    job_id: UUID | None
