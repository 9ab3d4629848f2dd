"""What is kept no longer: data that jobs asked to have deleted, old jobs, and leftovers of caches and workers."""

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.identity.instance_settings import retention_seconds
from postmill.kernel.crash_points import crash_point
from postmill.objects.contract import Objects
from postmill.queue.deletion import scrub_due
from postmill.tables.flow_runs import approval_link
from postmill.tables.instance import alert, audit, service_log, worker
from postmill.tables.items import trash
from postmill.tables.jobs import cached_result, completed_job, debounce, job_watcher, run_share
from postmill.tables.output import blob, stored_rows
from postmill.tables.people import login_attempt, password_reset, token

AT_ONCE = 500
OFTEN_SECONDS = 5.0
SELDOM_SECONDS = 60.0
RARELY_SECONDS = 3600.0
SILENT_WORKER_SECONDS = 300.0
AUDIT_DAYS = 365
LOG_DAYS = 14
ALERT_DAYS = 30
DAY_SECONDS = 24 * 3600


async def scrub_deleted(pool: Pool) -> float:
    """Arguments, results, logs and streams of jobs whose script wants them deleted."""
    async with pool.acquire() as connection, connection.transaction():
        count = await scrub_due(connection, AT_ONCE)
        crash_point("maintenance.scrub.before_commit")
    return 0.0 if count == AT_ONCE else OFTEN_SECONDS


async def remove_old_jobs(pool: Pool, keyring: Keyring, retention_days: int) -> float:
    """Jobs that ended before the retention, which the instance may set itself; none when that is 0."""
    seconds = await retention_seconds(pool, keyring)
    if seconds is None:
        seconds = retention_days * DAY_SECONDS
    if seconds <= 0:
        return SELDOM_SECONDS
    async with pool.acquire() as connection, connection.transaction():
        count, blobs = await completed_job.remove_old(connection, seconds, AT_ONCE)
        await blob.remove(connection, blobs)
        crash_point("maintenance.remove_old.before_commit")
    return 0.0 if count == AT_ONCE else SELDOM_SECONDS


async def remove_orphaned_rows(pool: Pool, objects: Objects) -> float:
    """Stored rows whose job is gone or has no result any more: first from the table, then from the object store."""
    async with pool.acquire() as connection, connection.transaction():
        orphans = await stored_rows.orphans(connection, AT_ONCE)
        keys = await stored_rows.forget(connection, orphans)
        await objects.delete(keys)
        crash_point("maintenance.rows.before_commit")
    return 0.0 if len(orphans) == AT_ONCE else SELDOM_SECONDS


async def forget_leftovers(pool: Pool) -> float:
    """What has expired of cached results, watches, tokens, links, trash, sign-in attempts, alerts; silent workers."""
    await cached_result.forget_old(pool)
    await job_watcher.forget_old(pool)
    await debounce.forget_old(pool)
    await worker.forget_silent(pool, SILENT_WORKER_SECONDS)
    await token.delete_expired(pool)
    await approval_link.forget_expired(pool)
    await run_share.forget_old(pool)
    await trash.forget_old(pool)
    await login_attempt.delete_old(pool)
    await password_reset.forget_expired(pool)
    await service_log.forget_old(pool, LOG_DAYS)
    await alert.forget_old(pool, ALERT_DAYS)
    return SELDOM_SECONDS


async def trim_audit(pool: Pool) -> float:
    """Entries of the audit trail that are older than a year."""
    async with pool.acquire() as connection:
        await audit.delete_older(connection, AUDIT_DAYS)
    return RARELY_SECONDS
