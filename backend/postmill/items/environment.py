"""Contextual variables: what every job finds in its environment, and what a workspace adds to it."""

import re
from typing import Any

from postmill.access.policy import is_bypassing
from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput, PermissionDenied
from postmill.kernel.storable import checked_text
from postmill.model.subject import Subject
from postmill.references.contextual import CONTEXTUAL_VARIABLES, is_reserved
from postmill.tables.instance import audit
from postmill.tables.workspaces import workspace_env

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
MAX_VALUE_LENGTH = 10_000


async def list_contextual(pool: Pool, subject: Subject, workspace: str) -> list[dict[str, Any]]:
    """Name, description and what is known of the value before a job runs; then the workspace's own variables."""
    known = {
        "WM_WORKSPACE": workspace,
        "WM_EMAIL": subject.email,
        "WM_USERNAME": subject.username,
        "WM_PERMISSIONED_AS": subject.permissioned_as,
    }
    own = [
        {"name": name, "value": known.get(name, ""), "description": description, "is_custom": False}
        for name, description in CONTEXTUAL_VARIABLES.items()
    ]
    custom = await workspace_env.list_all(pool, workspace)
    return own + [
        {"name": name, "value": value, "description": "Set by the workspace", "is_custom": True}
        for name, value in custom.items()
    ]


async def set_variable(pool: Pool, subject: Subject, workspace: str, name: str, value: str | None) -> None:
    """Sets a custom environment variable of the workspace, or unsets it with None or an empty text; for admins."""
    if not is_bypassing(subject):
        raise PermissionDenied("Require Admin privileges for setting environment variables")
    if _NAME.fullmatch(name) is None or is_reserved(name):
        raise InvalidInput(
            f"Bad request: {name[:60]!r} cannot be an environment variable here: letters, digits and _, "
            "not beginning with WM_ and none of the names that every job has"
        )
    if value is not None and len(value) > MAX_VALUE_LENGTH:
        raise InvalidInput(f"Bad request: the value has more than {MAX_VALUE_LENGTH} characters")
    async with pool.acquire() as connection, connection.transaction():
        if value:
            await workspace_env.set_value(connection, workspace, name, checked_text(value, "the value"))
        else:
            await workspace_env.unset(connection, workspace, name)
        await audit.record(connection, subject, "workspaces.set_environment_variable", "Updated", name)
