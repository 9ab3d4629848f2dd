"""All paths of a workspace, for completing one while it is typed."""

from postmill.db.pool import Pool
from postmill.model.subject import Subject
from postmill.tables.items import flow, resource, script, variable


async def list_paths(pool: Pool, subject: Subject, workspace: str) -> list[str]:
    """The paths of the scripts, flows, variables and resources that the subject may see, each once, in their order."""
    found: set[str] = set()
    async with pool.acquire() as connection:
        for table in (script, flow, variable, resource):
            found.update(await table.list_paths(connection, subject, workspace))
    return sorted(found)
