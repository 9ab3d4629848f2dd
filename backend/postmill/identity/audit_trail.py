"""Reading the audit trail: admins see what happened in their workspace, others what they did themselves."""

from postmill.access.policy import is_bypassing
from postmill.db.pool import Pool
from postmill.kernel.errors import NotFound, PermissionDenied
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.instance.audit import AuditEntry as AuditEntry
from postmill.tables.instance.audit import AuditFilter as AuditFilter


async def list_entries(
    pool: Pool, subject: Subject, wanted: AuditFilter, *, all_workspaces: bool, limit: int, offset: int
) -> list[AuditEntry]:
    """Entries that pass the filter, the newest first; every workspace's only for superadmins."""
    if all_workspaces and not subject.is_superadmin:
        raise PermissionDenied("Permission denied: Require Super Admin privileges to see every workspace")
    narrowed = AuditFilter(
        workspace_id=None if all_workspaces else subject.workspace_id,
        by_email=None if is_bypassing(subject) else subject.email,
        by_username=None if is_bypassing(subject) else subject.username,
        before=wanted.before,
        after=wanted.after,
        username=wanted.username,
        actions=wanted.actions,
        not_actions=wanted.not_actions,
        resource=wanted.resource,
        kind=wanted.kind,
    )
    return await audit.list_entries(pool, narrowed, limit=limit, offset=offset)


async def get_entry(pool: Pool, subject: Subject, entry_id: int) -> AuditEntry:
    """Raises NotFound for what does not exist or may not be seen."""
    workspace_id, sees_all = subject.workspace_id or "", is_bypassing(subject)
    if entry_id >= audit.FIRST_RUN_NUMBER:
        found = await audit.get_run(pool, workspace_id, entry_id, None if sees_all else subject.username)
    else:
        found = await audit.get_entry(pool, workspace_id, entry_id, None if sees_all else subject.email)
    if found is None:
        raise NotFound(f"Not found: audit entry {entry_id} does not exist, or you may not see it")
    return found
