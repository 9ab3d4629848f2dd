"""Flows as their readers see them: one, many, their history."""

from postmill.access.policy import can_read, require_write
from postmill.db.pool import Connection, Pool
from postmill.deploy.checked import MAX_SUMMARY_LENGTH, checked_text
from postmill.deploy.deployed import FLOWS
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.model.flow_document import FlowDocument, FlowFilter, FlowVersionLine
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import flow as flows
from postmill.tables.items import flow_use

MAX_HISTORY = 1_000
MAX_SEARCHED = 10_000


async def by_version(pool: Pool, subject: Subject, workspace: str, version: int) -> FlowDocument:
    """One version, whatever came after it."""
    found = await flows.by_version(pool, workspace, version)
    if found is None or not can_read(subject, "flow", found.path, found.extra_perms):
        raise NotFound(f"Not found: flow version {version} does not exist, or you may not see it")
    return found


async def list_heads(
    pool: Pool,
    subject: Subject,
    workspace: str,
    wanted: FlowFilter,
    *,
    newest_first: bool,
    limit: int,
    offset: int,
) -> list[tuple[FlowDocument, bool]]:
    """The newest version of every path that the subject may see, with whether they starred it."""
    return await flows.list_heads(
        pool, subject, workspace, wanted, newest_first=newest_first, limit=limit, offset=offset
    )


async def list_values(connection: Connection, subject: Subject, workspace: str) -> list[tuple[str, str]]:
    """Path and value (JSON text) of all live flows that the subject may see."""
    return await flows.list_values(connection, subject, workspace, MAX_SEARCHED)


async def users_of(
    connection: Connection, subject: Subject, workspace: str, kind: str, path: str, *, below: bool
) -> list[str]:
    """The flows that the subject may see and that use a script or flow; ``below``: any whose path starts so."""
    if kind not in ("script", "flow"):
        raise InvalidInput(f"Bad request: flows use scripts and flows, not {kind[:40]!r}")
    return await flow_use.users_of(connection, subject, workspace, kind, path, below=below)


async def importers_of(connection: Connection, subject: Subject, workspace: str, path: str) -> list[str]:
    """The flows that the subject may see and whose inline code imports a script."""
    return await flow_use.users_of(connection, subject, workspace, "import", path, below=False)


async def history(pool: Pool, subject: Subject, workspace: str, path: str) -> list[FlowVersionLine]:
    """The newest first."""
    await FLOWS.by_path(pool, subject, workspace, path)
    return await flows.history(pool, workspace, path, MAX_HISTORY)


async def set_deployment_message(
    pool: Pool, subject: Subject, workspace: str, version: int, message: str
) -> str:
    """Changes the remark of a version in the history; returns the flow's path."""
    found = await by_version(pool, subject, workspace, version)
    require_write(subject, "flow", found.path, found.extra_perms)
    text = checked_text(message, "deployment_msg", MAX_SUMMARY_LENGTH)
    async with pool.acquire() as connection, connection.transaction():
        await flows.set_deployment_message(connection, workspace, found.path, version, text)
        details = {"version": version}
        await audit.record(connection, subject, "flows.history_update", "Updated", found.path, details)
    return found.path
