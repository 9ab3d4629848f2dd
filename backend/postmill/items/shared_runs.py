"""Runs that their owners show to people without an account, under links that can be revoked.

The signature binds workspace, link and run; it is made anew when a link is shown, so that the database holds none.
A link lends the rights of whoever made it: it shows nothing that this person could not see any more.
"""

import hmac
from hashlib import sha256
from urllib.parse import quote
from uuid import UUID

from postmill.access.shared_runs import may_share, require_may_share
from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection, Pool
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.kernel.ids import new_id
from postmill.model.job_record import JobRecord
from postmill.model.run_share import RunShare
from postmill.model.subject import Subject
from postmill.queue import jobs
from postmill.tables.flow_runs import approval
from postmill.tables.instance import audit
from postmill.tables.instance.audit import AuditKind
from postmill.tables.jobs import run_share
from postmill.tables.people.workspace_member import load_subject
from postmill.tables.workspaces import protection_rule

MOST_LINKS = 50
MOST_DAYS = 365


def sign(keyring: Keyring, share: RunShare) -> str:
    """The signature, as lower-case hexadecimal digits."""
    message = b"\0".join([share.workspace_id.encode(), share.id.bytes + share.job_id.bytes])
    return hmac.digest(keyring.derive("shared runs"), message, sha256).hex()


def url_of(base: str, share: RunShare, signature: str) -> str:
    """The page of the shared run below the address of this instance."""
    return f"{base}/shared/{quote(share.workspace_id, safe='')}/{share.id}/{signature}"


async def make(
    pool: Pool,
    subject: Subject,
    workspace: str,
    job_id: UUID,
    *,
    shows_args: bool,
    shows_logs: bool,
    days: int | None,
) -> RunShare:
    """A link to the run, good for so many days; None: until it is revoked.

    Raises NotFound for a run that the subject may not see, PermissionDenied where it is not theirs, InvalidInput for
    a step, for days that are none and for more links than a run can have.
    """
    if days is not None and not 1 <= days <= MOST_DAYS:
        raise InvalidInput(f"Bad request: expires_in_days lies between 1 and {MOST_DAYS}")
    require_may_share(subject, await jobs.get_job(pool, subject, workspace, job_id, with_code=False))
    async with pool.acquire() as connection, connection.transaction():
        await protection_rule.require(
            connection, subject, workspace, ("RestrictPublicRunSharing",), "sharing runs"
        )
        if len(await run_share.of_run(connection, workspace, job_id)) >= MOST_LINKS:
            raise InvalidInput(f"Bad request: a run has at most {MOST_LINKS} links: revoke one first")
        share = await run_share.add(
            connection, new_id(), workspace, job_id, shows_args=shows_args, shows_logs=shows_logs,
            created_by=subject.permissioned_as, created_by_email=subject.email, days=days,
        )  # fmt: skip
        details = {"link": str(share.id), "arguments": shows_args, "logs": shows_logs, "days": days}
        await _record(connection, subject, "jobs.share", "Created", share, details)
    return share


async def links(pool: Pool, subject: Subject, workspace: str, job_id: UUID) -> list[RunShare]:
    """The links to a run, for those who may make some; others see none. Raises NotFound."""
    run = await jobs.get_job(pool, subject, workspace, job_id, with_code=False)
    return await run_share.of_run(pool, workspace, job_id) if may_share(subject, run) else []


async def revoke(pool: Pool, subject: Subject, workspace: str, share_id: UUID) -> None:
    """Ends a link at once. Raises NotFound for a link that is none to the subject, PermissionDenied."""
    share = await run_share.one(pool, workspace, share_id)
    if share is None:
        raise NotFound(f"Not found: there is no link {share_id} to a run that you may see")
    require_may_share(subject, await jobs.get_job(pool, subject, workspace, share.job_id, with_code=False))
    async with pool.acquire() as connection, connection.transaction():
        await run_share.remove(connection, workspace, share_id)
        await _record(connection, subject, "jobs.unshare", "Delete", share, {"link": str(share_id)})


async def opened(
    pool: Pool, keyring: Keyring, workspace: str, share_id: UUID, signature: str
) -> tuple[RunShare, Subject]:
    """A good link and the identity that lends its rights. Raises NotFound, whatever is wrong with the link."""
    share = await run_share.one(pool, workspace, share_id)
    if share is None or not hmac.compare_digest(
        sign(keyring, share).encode(), signature.encode("utf-8", "replace")
    ):
        raise _no_link()
    lender = await load_subject(pool, workspace, share.created_by, share.created_by_email)
    if lender is None:
        raise _no_link()
    return share, lender


async def shown_run(pool: Pool, share: RunShare, lender: Subject) -> JobRecord:
    """The run of a link, without code. Raises NotFound once it is gone or hidden from who made the link."""
    try:
        return await jobs.get_job(pool, lender, share.workspace_id, share.job_id, with_code=False)
    except NotFound:
        raise _no_link() from None


async def awaited_below(pool: Pool, share: RunShare) -> int:
    """Whether somebody is waited for in the run, be it deep inside a branch: 1 or 0."""
    return len(await approval.waiting_below(pool, share.workspace_id, share.job_id, 1))


async def shown_log(pool: Pool, share: RunShare, lender: Subject, job_id: UUID) -> str:
    """What the run or one of its steps printed. Raises NotFound where the link shows no logs, or not of this job."""
    if not share.shows_logs:
        raise NotFound("Not found: this link shows no logs")
    run = await shown_run(pool, share, lender)
    if job_id != run.id and await jobs.root_job_id(pool, lender, share.workspace_id, job_id) != run.id:
        raise NotFound(f"Not found: job {job_id} is no part of this run")
    return (await jobs.get_logs(pool, lender, share.workspace_id, job_id)).text


def _no_link() -> NotFound:
    return NotFound("Not found: this link does not work: it was revoked, has expired, or is incomplete")


async def _record(
    connection: Connection,
    subject: Subject,
    action: str,
    kind: AuditKind,
    share: RunShare,
    details: dict[str, object],
) -> None:
    await audit.record(
        connection, subject, action, kind, str(share.job_id), details, workspace_id=share.workspace_id
    )
