"""A workspace dependency: a requirements file that scripts of a language share."""

from datetime import datetime

import msgspec


class WorkspaceDependency(msgspec.Struct, frozen=True, kw_only=True):
    """One content of a file; ``name`` None is the default file of the language."""

    id: int
    workspace_id: str
    language: str
    name: str | None
    description: str | None
    content: str
    archived: bool
    created_by: str
    created_at: datetime
