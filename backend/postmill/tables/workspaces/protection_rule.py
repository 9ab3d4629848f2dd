"""The protection rules of workspaces."""

from postmill.access.protection import forbidding
from postmill.db.pool import Connection
from postmill.db.queries import load_queries
from postmill.kernel.errors import PermissionDenied
from postmill.model.protection_rule import ProtectionRule, ProtectionRuleKind
from postmill.model.subject import Subject

QUERIES = load_queries(__file__)


async def list_all(connection: Connection, workspace_id: str) -> list[ProtectionRule]:
    """By name."""
    return [ProtectionRule(**dict(row)) for row in await connection.fetch(QUERIES.list_all, workspace_id)]


async def insert(connection: Connection, workspace_id: str, rule: ProtectionRule) -> bool:
    """False where the name is taken."""
    values = (rule.rules, rule.bypass_groups, rule.bypass_users)
    return await connection.fetchval(QUERIES.insert, workspace_id, rule.name, *values) is not None


async def update(connection: Connection, workspace_id: str, name: str, rule: ProtectionRule) -> bool:
    """False where there is none of that name."""
    values = (rule.rules, rule.bypass_groups, rule.bypass_users)
    return await connection.fetchval(QUERIES.update, workspace_id, name, rule.name, *values) is not None


async def delete(connection: Connection, workspace_id: str, name: str) -> bool:
    """False where there is none of that name."""
    return await connection.fetchval(QUERIES.delete, workspace_id, name) is not None


async def require(
    connection: Connection,
    subject: Subject,
    workspace_id: str,
    kinds: tuple[ProtectionRuleKind, ...],
    what: str,
) -> None:
    """Raises PermissionDenied, with the name of the rule, where one of these kinds holds for the subject."""
    rule = forbidding(await list_all(connection, workspace_id), subject, kinds)
    if rule is not None:
        raise PermissionDenied(
            f"Permission denied: protection rule {rule.name!r} of this workspace keeps you from {what}"
        )
