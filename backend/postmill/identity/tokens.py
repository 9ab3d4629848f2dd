"""Tokens of programs and sessions: made, listed, narrowed and ended by their owner.

A token is 256 random bits behind a prefix that names its kind; only its SHA-256 is stored. Lists and addresses name it
by the first ten characters behind that prefix.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from postmill.access.paths import parse_workspace_id
from postmill.access.scopes import is_subset, keeps_limits_of_runs, parse_scope
from postmill.db.pool import Connection, Pool
from postmill.identity.callers import digest_of, unknown_workspace
from postmill.kernel.clock import now
from postmill.kernel.errors import InvalidInput, NotFound, PermissionDenied
from postmill.kernel.ids import new_secret
from postmill.model.subject import Subject, TokenKind
from postmill.tables.instance import audit
from postmill.tables.people import access_change, account, token, workspace_member
from postmill.tables.people.token import NewTokenRow, TokenRow

PREFIX_LENGTH = 10
SESSION_DAYS = 14
MAX_LABEL = 1000
MAX_SCOPES = 200
_STARTS: dict[TokenKind, str] = {"user": "pm_tok_", "session": "pm_ses_"}
MOST_FOR_ONE_RUNNABLE = 1000


def prefix_of(token_text: str) -> str:
    """The ten characters that name a token: those behind its kind, or its first where it has none."""
    parts = token_text.split("_", 2)
    body = parts[2] if token_text.startswith("pm_") and len(parts) == 3 else token_text
    return body[:PREFIX_LENGTH]


async def store(
    connection: Connection,
    token_text: str,
    email: str,
    kind: TokenKind,
    *,
    label: str | None = None,
    expires_at: datetime | None = None,
    scopes: tuple[str, ...] | None = None,
    workspace_id: str | None = None,
    read_only: bool = False,
    created_by_prefix: str | None = None,
) -> None:
    """Store a token that somebody else has made up or chosen."""
    await token.insert(
        connection,
        NewTokenRow(
            hash=digest_of(token_text),
            prefix=prefix_of(token_text),
            kind=kind,
            email=email,
            label=label,
            workspace_id=workspace_id,
            scopes=scopes,
            read_only=read_only,
            created_by_prefix=created_by_prefix,
            expires_at=expires_at,
        ),
    )


async def open_session(connection: Connection, email: str) -> str:
    """A new session of an account; returns its token."""
    text = new_secret("ses")
    expires_at = now() + timedelta(days=SESSION_DAYS)
    await store(connection, text, email, "session", label="session", expires_at=expires_at)
    return text


async def create_token(
    pool: Pool,
    subject: Subject,
    *,
    label: str | None = None,
    expires_at: datetime | None = None,
    scopes: Sequence[str] | None = None,
    workspace_id: str | None = None,
    read_only: bool = False,
) -> str:
    """Make a token that can do no more than the one that asks; returns its text, which is stored nowhere.

    Raises PermissionDenied for jobs and for a wider token, InvalidInput for unknown scopes, NotFound for a workspace
    that the account does not belong to.
    """
    _require_may_make_tokens(subject)
    asked = None if scopes is None else _parse_scopes(scopes)
    workspace_id = workspace_id or subject.token_workspace_id
    if subject.token_workspace_id not in (None, workspace_id):
        raise PermissionDenied("Permission denied: this token is good for one workspace only")
    if not is_subset(asked, subject.scopes):
        raise PermissionDenied("Permission denied: a token cannot make one with more scopes than its own")
    _require_limits_of_runs(asked, subject)
    _require_label_and_time(label, expires_at)
    text = new_secret("tok")
    async with pool.acquire() as connection, connection.transaction():
        await _require_workspace(connection, workspace_id, subject.email)
        await store(
            connection,
            text,
            subject.email,
            "user",
            label=label,
            expires_at=await _not_after_maker(connection, subject, expires_at),
            scopes=asked,
            workspace_id=workspace_id,
            read_only=read_only or subject.read_only,
            created_by_prefix=subject.token_prefix,
        )
        details = {"label": label, "scopes": scopes, "expiration": expires_at, "read_only": read_only}
        await audit.record(
            connection,
            subject,
            "users.token.create",
            "Created",
            prefix_of(text),
            details,
            workspace_id=workspace_id,
        )
    return text


async def create_for(
    connection: Connection,
    subject: Subject,
    email: str,
    workspace_id: str,
    *,
    label: str | None = None,
    expires_at: datetime | None = None,
    scopes: Sequence[str] | None = None,
    read_only: bool = False,
) -> str:
    """Make a token of another account for one workspace; returns its text. The caller decides who may, and records it.

    Raises PermissionDenied for jobs, InvalidInput for unknown scopes, long labels and times that lie in the past.
    """
    _require_may_make_tokens(subject)
    asked = None if scopes is None else _parse_scopes(scopes)
    _require_label_and_time(label, expires_at)
    text = new_secret("tok")
    await store(
        connection,
        text,
        email,
        "user",
        label=label,
        expires_at=await _not_after_maker(connection, subject, expires_at),
        scopes=asked,
        workspace_id=workspace_id,
        read_only=read_only,
        created_by_prefix=subject.token_prefix,
    )
    return text


def _require_limits_of_runs(asked: tuple[str, ...] | None, subject: Subject) -> None:
    """Fewer scopes are more rights where runs of a token that may change code have its limits, and others have none."""
    if not keeps_limits_of_runs(asked, subject.scopes):
        raise PermissionDenied(
            "Permission denied: this token may change code and is limited to scopes: one that starts runs without the "
            "right to change code would start them with all rights of the account. Sign in to make it"
        )


def _require_label_and_time(label: str | None, expires_at: datetime | None) -> None:
    if len(label or "") > MAX_LABEL:
        raise InvalidInput(f"Bad request: a label has at most {MAX_LABEL} characters")
    if expires_at is not None and expires_at.tzinfo is None:
        raise InvalidInput(
            "Bad request: expiration needs an offset from UTC, for instance 2030-01-31T12:00:00Z"
        )
    if expires_at is not None and expires_at <= now():
        raise InvalidInput("Bad request: the expiration lies in the past")


async def _not_after_maker(
    connection: Connection, subject: Subject, expires_at: datetime | None
) -> datetime | None:
    """A token that was made by a token ends with it at the latest; a session is the person themselves."""
    if subject.token_kind == "session" or subject.token_prefix is None:  # noqa: S105 - a kind
        return expires_at
    maker = await token.get(connection, subject.email, subject.token_prefix)
    if maker is None or maker.expires_at is None:
        return expires_at
    return maker.expires_at if expires_at is None else min(expires_at, maker.expires_at)


async def list_tokens(
    pool: Pool, subject: Subject, *, exclude_ephemeral: bool, limit: int, offset: int
) -> list[TokenRow]:
    """The caller's good tokens, the newest first."""
    return await token.list_of(
        pool, subject.email, exclude_ephemeral=exclude_ephemeral, limit=limit, offset=offset
    )


async def list_tokens_for(
    pool: Pool, subject: Subject, workspace: str, kind: str, path: str
) -> list[TokenRow]:
    """The tokens that were made to run the script or flow at the path: the caller's own, for admins everybody's."""
    scopes = [f"jobs:run:{kind}s:{path}"]
    email = None if subject.is_admin else subject.email
    return await token.list_with_scope(pool, workspace, scopes, email, MOST_FOR_ONE_RUNNABLE)


async def delete_token(pool: Pool, subject: Subject, name: str) -> None:
    """End one of the caller's tokens, on every server within a second; raises NotFound.

    ``name`` is its listed prefix, or the first ten or more characters of its text, which is what public clients know.
    Raises InvalidInput where several tokens begin like that.
    """
    _require_may_make_tokens(subject)
    async with pool.acquire() as connection, connection.transaction():
        prefix = await _prefix_by_beginning(connection, subject.email, name) or name
        if not await token.delete(connection, subject.email, prefix):
            raise _no_such_token(name)
        await access_change.account(connection, subject.email)
        await audit.record(connection, subject, "users.token.delete", "Delete", prefix)


async def _prefix_by_beginning(connection: Connection, email: str, beginning: str) -> str | None:
    """The listed prefix of the one token whose text begins so; None where none does."""
    if len(beginning) < PREFIX_LENGTH:
        return None
    found: list[str] = []
    for kind, start in _STARTS.items():
        if beginning.startswith(start):
            found = await token.beginning_with(connection, email, kind, beginning.removeprefix(start))
    if len(found) > 1:
        raise InvalidInput(
            f"Bad request: several of your tokens begin with {beginning[:20]}; name the one by more characters"
        )
    return found[0] if found else None


async def update_scopes(pool: Pool, subject: Subject, prefix: str, scopes: Sequence[str] | None) -> None:
    """Replace the scopes of one of the caller's tokens; raises PermissionDenied for wider ones than the caller's."""
    _require_may_make_tokens(subject)
    asked = None if scopes is None else _parse_scopes(scopes)
    if not is_subset(asked, subject.scopes):
        raise PermissionDenied("Permission denied: a token cannot give another more scopes than its own")
    _require_limits_of_runs(asked, subject)
    async with pool.acquire() as connection, connection.transaction():
        await _require_not_stronger(connection, subject, prefix)
        if not await token.update_scopes(connection, subject.email, prefix, asked):
            raise _no_such_token(prefix)
        await access_change.account(connection, subject.email)
        await audit.record(connection, subject, "users.token.create", "Updated", prefix, {"scopes": scopes})


async def _require_not_stronger(connection: Connection, subject: Subject, prefix: str) -> None:
    """A token that is limited in workspace, writing or time does not give scopes to one that is less limited."""
    other = await token.get(connection, subject.email, prefix)
    if other is None:
        raise _no_such_token(prefix)
    wider_place = subject.token_workspace_id not in (None, other.workspace_id)
    lasts_longer = await _not_after_maker(connection, subject, other.expires_at) != other.expires_at
    if wider_place or lasts_longer or (subject.read_only and not other.read_only):
        raise PermissionDenied("Permission denied: a token cannot widen one stronger than itself")


async def update_label(pool: Pool, subject: Subject, prefix: str, label: str | None) -> None:
    """Rename one of the caller's tokens; the label grants nothing."""
    _require_may_make_tokens(subject)
    if len(label or "") > MAX_LABEL:
        raise InvalidInput(f"Bad request: a label has at most {MAX_LABEL} characters")
    async with pool.acquire() as connection, connection.transaction():
        if not await token.update_label(connection, subject.email, prefix, label):
            raise _no_such_token(prefix)
        await audit.record(connection, subject, "users.token.create", "Updated", prefix, {"label": label})


async def refresh_session(
    pool: Pool, subject: Subject, *, if_expiring_within: int | None = None
) -> str | None:
    """A new session for somebody who is signed in; raises PermissionDenied for other tokens.

    None, and no new session, where the present one is good for longer than ``if_expiring_within`` seconds.
    """
    if subject.token_kind != "session":  # noqa: S105 - a kind
        raise PermissionDenied("Permission denied: only a session can be renewed")
    if if_expiring_within is not None and if_expiring_within < 0:
        raise InvalidInput("Bad request: if_expiring_in_less_than_s counts seconds from 0")
    async with pool.acquire() as connection, connection.transaction():
        if if_expiring_within is not None and subject.token_prefix is not None:
            present = await token.get(connection, subject.email, subject.token_prefix)
            if present is not None and _lasts(present.expires_at, if_expiring_within):
                return None
        text = await open_session(connection, subject.email)
        await audit.record(connection, subject, "users.token.create", "Created", prefix_of(text))
    return text


def _lasts(expires_at: datetime | None, seconds: int) -> bool:
    return expires_at is None or (expires_at - now()).total_seconds() > seconds


def _require_may_make_tokens(subject: Subject) -> None:
    if subject.is_job or subject.is_anonymous:
        raise PermissionDenied("Permission denied: a job may not make, change or end tokens")
    if subject.read_only:
        raise PermissionDenied("Permission denied: this token is read-only")


def require_unlimited(subject: Subject) -> None:
    """Raises PermissionDenied unless the caller is signed in or holds a token that may do all that they may.

    For what would let the holder of a limited token come back as somebody without its limits.
    """
    if subject.token_kind == "session":  # noqa: S105 - a kind
        return
    is_limited = subject.scopes is not None or subject.read_only or subject.token_workspace_id is not None
    if subject.token_kind != "user" or is_limited:  # noqa: S105 - a kind
        raise PermissionDenied("Permission denied: sign in, or use a token without limits, to do this")


def _parse_scopes(scopes: Sequence[str]) -> tuple[str, ...]:
    if len(scopes) > MAX_SCOPES:
        raise InvalidInput(f"Bad request: a token has at most {MAX_SCOPES} scopes")
    for scope in scopes:
        if not scope.startswith("if_jobs:filter_tags:"):
            parse_scope(scope)
    return tuple(scopes)


async def _require_workspace(connection: Connection, workspace_id: str | None, email: str) -> None:
    if workspace_id is None:
        return
    parse_workspace_id(workspace_id)
    if await workspace_member.load_by_email(connection, workspace_id, email) is None:
        raise unknown_workspace(workspace_id)


def _no_such_token(prefix: str) -> NotFound:
    return NotFound(f"Not found: you have no token {prefix[:20]}")


async def impersonate(
    pool: Pool, subject: Subject, email: str, *, label: str | None, expires_at: datetime | None
) -> str:
    """A token of another account, for superadmins; raises NotFound for an unknown account.

    It has no scopes, so that only somebody who has none either may ask for it.
    """
    _require_may_make_tokens(subject)
    require_unlimited(subject)
    text = new_secret("tok")
    async with pool.acquire() as connection, connection.transaction():
        if not await account.exists(connection, email):
            raise NotFound(f"Not found: there is no account {email}")
        await store(
            connection,
            text,
            email,
            "user",
            label=label,
            expires_at=await _not_after_maker(connection, subject, expires_at),
            created_by_prefix=subject.token_prefix,
        )
        await audit.record(connection, subject, "users.impersonate", "Execute", email)
    return text
