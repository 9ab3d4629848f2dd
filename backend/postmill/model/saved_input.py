"""A saved input: arguments of a runnable under a name."""

from datetime import datetime
from uuid import UUID

import msgspec


class SavedInput(msgspec.Struct, frozen=True, kw_only=True):
    """``args`` is a JSON object as text; ``runnable_id`` a path, or a hash for one version."""

    id: UUID
    workspace_id: str
    runnable_id: str
    runnable_type: str
    name: str
    args: str
    created_by: str
    created_at: datetime
    is_public: bool
