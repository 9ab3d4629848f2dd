"""Who a token is, and what they are in a workspace: cached per process, dropped when rights change."""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Protocol
from uuid import UUID

import msgspec

from postmill.crypto.workspace_keys import Keyring
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.identity import job_tokens
from postmill.kernel.clock import Clock, now
from postmill.kernel.errors import NotAuthenticated, NotFound
from postmill.model.subject import Subject
from postmill.tables.people import access_change, token, workspace_member

CACHE_SECONDS = 5.0  # the re-check for a notification that was lost
JOB_CACHE_SECONDS = 1.0  # the end of a job is not announced
MAX_CACHED = 20_000


class RunningJob(Protocol):
    """The attempt of a job that is running now."""

    @property
    def attempt(self) -> int: ...
    @property
    def workspace_id(self) -> str: ...
    @property
    def permissioned_as(self) -> str: ...
    @property
    def email(self) -> str: ...
    @property
    def scopes(self) -> tuple[str, ...] | None: ...


FindRunningJob = Callable[[Pool, UUID], Awaitable[RunningJob | None]]
_Key = tuple[bytes, str | None, str | None]


@dataclass(slots=True)
class _Known:
    subject: Subject
    good_until: float


def digest_of(token_text: str) -> bytes:
    """How a token is stored and looked up."""
    return sha256(token_text.encode("utf-8", "surrogateescape")).digest()


def unknown_workspace(workspace_id: str) -> NotFound:
    """The one answer for a workspace that does not exist and for one that the caller is no member of."""
    return NotFound(f"Not found: workspace {workspace_id} does not exist, or you are not a member of it")


class Callers:
    """Turns tokens into Subjects."""

    def __init__(
        self,
        pool: Pool,
        keyring: Keyring,
        notifications: Notifications | None,
        find_running_job: FindRunningJob,
        clock: Clock = now,
    ) -> None:
        self._pool = pool
        self._keyring = keyring
        self._find_running_job = find_running_job
        self._clock = clock
        self._known: dict[_Key, _Known] = {}
        self._changes = 0
        if notifications is not None:
            notifications.subscribe(access_change.CHANNEL, self.forget)

    def forget(self, change: str) -> None:
        """Drop what a change of rights made stale; "" drops everything."""
        self._changes += 1
        kind, _, name = change.partition(":")
        if kind == "account":
            self._drop(lambda subject: subject.email == name)
        elif kind == "workspace":
            self._drop(lambda subject: subject.workspace_id in (name, None))
        else:
            self._known.clear()

    def _drop(self, is_stale: Callable[[Subject], bool]) -> None:
        self._known = {key: known for key, known in self._known.items() if not is_stale(known.subject)}

    async def identify(self, token_text: str, workspace_id: str | None, address: str | None) -> Subject:
        """Who holds the token, in the workspace when one is named.

        Raises NotAuthenticated for a token that is unknown, expired or ended, NotFound for a workspace that does not
        exist or that the holder is no member of.
        """
        key = (digest_of(token_text), workspace_id, address)
        known = self._known.get(key)
        moment = time.monotonic()
        if known is not None and known.good_until > moment:
            return known.subject
        changes = self._changes
        if token_text.startswith(job_tokens.PREFIX):
            subject, seconds = await self._job_subject(token_text, workspace_id), JOB_CACHE_SECONDS
        else:
            subject, seconds = await self._account_subject(key[0], workspace_id)
        subject = msgspec.structs.replace(subject, address=address)
        if changes == self._changes:  # else: what was read may already be stale
            self._remember(key, _Known(subject, moment + seconds))
        return subject

    def _remember(self, key: _Key, known: _Known) -> None:
        if len(self._known) >= MAX_CACHED:
            self._known.clear()
        self._known[key] = known

    async def _account_subject(self, digest: bytes, workspace_id: str | None) -> tuple[Subject, float]:
        row = await token.by_hash(self._pool, digest)
        if row is None:
            raise NotAuthenticated("Unauthorized")
        seconds = CACHE_SECONDS
        if row["expires_at"] is not None:
            seconds = min(seconds, (row["expires_at"] - self._clock()).total_seconds())
        bound_to = row["workspace_id"]
        limits = {
            "scopes": None if row["scopes"] is None else tuple(row["scopes"]),
            "read_only": row["read_only"],
            "token_kind": row["kind"],
            "token_prefix": row["prefix"],
            "token_workspace_id": bound_to,
        }
        if workspace_id is None:
            # A token for one workspace carries no right over the instance.
            is_superadmin = row["is_superadmin"] and bound_to is None
            return Subject(
                email=row["email"], username=row["email"], is_superadmin=is_superadmin, **limits
            ), seconds
        if bound_to not in (None, workspace_id):
            raise unknown_workspace(workspace_id)
        subject = await workspace_member.load_by_email(self._pool, workspace_id, row["email"])
        if subject is None:
            raise unknown_workspace(workspace_id)
        # An admin of every workspace is an admin of this one; over the others a bound token has no right.
        is_superadmin = subject.is_superadmin and bound_to is None
        return msgspec.structs.replace(subject, is_superadmin=is_superadmin, **limits), seconds

    async def _job_subject(self, token_text: str, workspace_id: str | None) -> Subject:
        claim = job_tokens.read(self._keyring, token_text)
        if claim is None or claim.expires_at < self._clock():
            raise NotAuthenticated("Unauthorized")
        job = await self._find_running_job(self._pool, claim.job_id)
        if job is None or job.attempt != claim.attempt:
            raise NotAuthenticated("Unauthorized: the job of this token is not running")
        if workspace_id not in (None, job.workspace_id):
            raise unknown_workspace(workspace_id or "")
        subject = await workspace_member.load_subject(
            self._pool, job.workspace_id, job.permissioned_as, job.email
        )
        if subject is None:
            raise NotAuthenticated("Unauthorized: whom this job runs as does not exist any more")
        limits = {
            "scopes": job.scopes,
            "token_kind": "job",
            "job_id": claim.job_id,
            "token_workspace_id": job.workspace_id,
        }
        if workspace_id is None:
            return Subject(email=subject.email, username=subject.email, **limits)  # type: ignore[arg-type]
        return msgspec.structs.replace(subject, is_superadmin=False, **limits)
