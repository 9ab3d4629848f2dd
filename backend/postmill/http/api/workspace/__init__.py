"""Workspaces: made, listed, archived, exported, and what is set for each."""

from postmill.http.api.workspace import (
    default_scripts,
    encryption_key,
    export,
    handlers,
    settings,
    workspaces,
)
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *workspaces.OPERATIONS,
    *settings.OPERATIONS,
    *handlers.OPERATIONS,
    *encryption_key.OPERATIONS,
    *default_scripts.OPERATIONS,
    *export.OPERATIONS,
)
