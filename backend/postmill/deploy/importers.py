"""A script whose lock changed changes the locks of those that import it: they are locked again.

Each importer gets a job. A job whose lock comes out as it was changes nothing, and there the wave ends: it passes
through imports of imports, and through circles too, because a second round finds nothing new.
"""

import logging

from postmill.db.pool import Session
from postmill.deploy.flow_locking import relock_importing_flows
from postmill.deploy.lock_jobs import new_lock_job, queue_lock_job
from postmill.model.script import LOCKED_LANGUAGES, Script
from postmill.tables.items import script as scripts
from postmill.tables.items import script_import
from postmill.tables.people.workspace_member import load_subject

logger = logging.getLogger(__name__)


async def relock_importers(connection: Session, workspace: str, path: str) -> list[str]:
    """Queues a lock job for the newest version of every script and flow that imports the path; returns the scripts."""
    queued = []
    for importer in await script_import.importers_of(connection, workspace, path):
        head = await scripts.head(connection, workspace, importer)
        if head is not None and not head.archived and await relock(connection, head):
            queued.append(importer)
    await relock_importing_flows(connection, workspace, path)
    return queued


async def relock(connection: Session, script: Script) -> bool:
    """Queues a lock job with the rights of the version's author; False where the author is gone, and the lock stays."""
    if script.language not in LOCKED_LANGUAGES:
        return False
    author = await load_subject(connection, script.workspace_id, f"u/{script.created_by}", "")
    if author is None:
        logger.warning("script %s is not locked again: its author is gone", script.path)
        return False
    job_id = new_lock_job()
    if script.lock is None:
        await scripts.set_lock_job(connection, script.workspace_id, script.hash, job_id)
    await queue_lock_job(connection, script, author, job_id)
    return True
