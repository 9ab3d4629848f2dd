"""Who changed who may do what in a folder or group, read off the audit trail."""

from typing import Literal

from postmill.access.grants import granted
from postmill.access.policy import is_bypassing
from postmill.db.pool import Pool
from postmill.identity import folders, groups
from postmill.kernel.errors import PermissionDenied
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.instance.audit import Change as Change


async def of(
    pool: Pool, subject: Subject, kind: Literal["folder", "group"], name: str, *, limit: int, offset: int
) -> list[Change]:
    """The newest first. Raises NotFound, and PermissionDenied for others than admins and those who manage it."""
    if kind == "folder":
        await folders.get(pool, subject, name)
        manages = subject.folders.get(name) == "owner"
    else:
        manages = granted(subject, (await groups.get(pool, subject, name)).extra_perms) is True
    if not manages and not is_bypassing(subject):
        raise PermissionDenied(
            f"Permission denied: only admins and managers of {kind} {name} may see its history"
        )
    return await audit.changes_of(
        pool, subject.workspace_id or "", name, f"{kind}.", limit=limit, offset=offset
    )
