"""Whether a workspace lets somebody change what is deployed."""

from postmill.access.protection import DEPLOYING
from postmill.db.pool import Session
from postmill.model.subject import Subject
from postmill.tables.workspaces import protection_rule


async def require_deploying(connection: Session, subject: Subject, workspace: str) -> None:
    """Raises PermissionDenied where a protection rule keeps the subject from deploying, moving or taking away code."""
    await protection_rule.require(connection, subject, workspace, DEPLOYING, "deploying")
