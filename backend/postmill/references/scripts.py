"""Code of deployed scripts, for imports between scripts."""

from postmill.access.policy import can_read
from postmill.db.pool import Connection
from postmill.kernel.errors import NotFound
from postmill.model.script import Script
from postmill.model.subject import Subject
from postmill.tables.items import script as scripts


async def importable(connection: Connection, workspace: str, path: str) -> Script | None:
    """The version that imports of the path get: the deployed one, else the newest live one.

    The second case lets scripts that import each other be locked, whichever comes first.
    """
    deployed = await scripts.deployed_version(connection, workspace, path)
    if deployed is not None:
        return deployed
    head = await scripts.head(connection, workspace, path)
    return None if head is None or head.archived else head


async def readable_source(connection: Connection, subject: Subject, workspace: str, path: str) -> str | None:
    """The code at the path, None where there is no script.

    Raises NotFound, with the path in the sentence, where the subject may not read the script.
    """
    script = await importable(connection, workspace, path)
    if script is None:
        return None
    if not can_read(subject, "script", path, script.extra_perms):
        raise NotFound(f"Not found: script {path} is imported here, but {subject.username} may not read it")
    return script.content
