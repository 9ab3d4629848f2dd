"""A workspace dependency: a requirements file that scripts of a language share."""

from datetime import datetime

import msgspec

from postmill.model.script import ScriptLanguage


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


class NewWorkspaceDependency(msgspec.Struct, frozen=True, kw_only=True):
    """What a caller sends; the workspace of the address decides, the one of the body must be the same."""

    language: ScriptLanguage
    content: str
    workspace_id: str | None = None
    name: str | None = None
    description: str | None = None
