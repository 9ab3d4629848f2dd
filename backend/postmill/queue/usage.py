"""How many runs were started since the beginning of the month. Steps of flows count with their flow."""

from postmill.db.pool import Pool
from postmill.model.subject import Subject
from postmill.tables.workspaces import usage_count


async def of_workspace(pool: Pool, workspace_id: str) -> int:
    return await usage_count.of_workspace(pool, workspace_id)


async def of_members(pool: Pool, workspace_id: str) -> list[tuple[str, int]]:
    """Pairs of address and count of every member, the largest first."""
    return await usage_count.of_members(pool, workspace_id)


async def of_caller(pool: Pool, subject: Subject) -> int:
    """In all workspaces that the caller's token is good for."""
    return await usage_count.of_account(pool, subject.email, subject.token_workspace_id)
