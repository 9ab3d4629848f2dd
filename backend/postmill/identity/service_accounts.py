"""Service accounts: members of one workspace that are no people, and the tokens that programs use as them.

They are made, lent and ended by the admins of their workspace. None of them has a password; all their tokens are good
in their workspace only.
"""

from datetime import datetime, timedelta

from postmill.access.paths import parse_username
from postmill.access.protection import DEPLOYERS
from postmill.db.pool import Connection, Pool
from postmill.identity import tokens
from postmill.identity.callers import digest_of
from postmill.identity.service_addresses import address_of, is_of_service
from postmill.identity.tokens import require_unlimited
from postmill.kernel.clock import now
from postmill.kernel.errors import Conflict, InvalidInput, NotFound, PermissionDenied
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.people import access_change, account, token, workspace_group, workspace_member
from postmill.tables.people.token import TokenRow

IMPERSONATION = timedelta(hours=12)
MOST_TOKENS = 1000


async def create(
    pool: Pool,
    subject: Subject,
    workspace_id: str,
    username: str,
    *,
    is_admin: bool,
    is_operator: bool,
    is_deployer: bool,
) -> str:
    """Makes a service account; returns its address. Raises Conflict for a taken name.

    ``is_deployer`` takes it into the group that may deploy where others may not. Raises PermissionDenied for limited
    tokens, whose holder would come back as somebody without their limits.
    """
    require_unlimited(subject)
    username = parse_username(username)
    if is_admin and is_operator:
        raise InvalidInput("Bad request: a member is an admin or an operator, not both")
    email = address_of(workspace_id, username)
    async with pool.acquire() as connection, connection.transaction():
        if await workspace_member.username_taken(connection, workspace_id, username):
            raise Conflict(f"Bad request: user name {username} is taken in this workspace")
        if await account.exists(connection, email):
            raise Conflict(f"Bad request: there is a service account {email} already")
        await account.insert_service(connection, email, username, workspace_id)
        await workspace_member.insert(
            connection, workspace_id, username, email, is_admin=is_admin, is_operator=is_operator
        )
        if is_deployer:
            if not await workspace_group.exists(connection, workspace_id, DEPLOYERS):
                await workspace_group.insert(
                    connection, workspace_id, DEPLOYERS, "May deploy on behalf of others", {}
                )
            await workspace_group.add_member(connection, workspace_id, DEPLOYERS, username)
        await access_change.account(connection, email)
        details = {"email": email, "is_admin": is_admin, "operator": is_operator, "deployer": is_deployer}
        await audit.record(connection, subject, "users.create_service_account", "Created", username, details)
    return email


async def make_token(
    pool: Pool,
    subject: Subject,
    workspace_id: str,
    username: str,
    *,
    label: str | None = None,
    expires_at: datetime | None = None,
    scopes: list[str] | None = None,
    read_only: bool = False,
) -> str:
    """A token with which a program is the service account, in this workspace only.

    Raises NotFound for a member who is none, PermissionDenied for limited tokens, InvalidInput as any new token.
    """
    require_unlimited(subject)
    async with pool.acquire() as connection, connection.transaction():
        email = await _address(connection, workspace_id, username)
        text = await tokens.create_for(
            connection, subject, email, workspace_id,
            label=label, expires_at=expires_at, scopes=scopes, read_only=read_only,
        )  # fmt: skip
        details = {"service_account": username, "scopes": scopes, "expiration": expires_at}
        await audit.record(
            connection, subject, "users.token.create", "Created", tokens.prefix_of(text), details
        )
    return text


async def impersonate(pool: Pool, subject: Subject, workspace_id: str, username: str) -> str:
    """A token for half a day with which an admin tries what the service account may do; raises as ``make_token``."""
    require_unlimited(subject)
    async with pool.acquire() as connection, connection.transaction():
        email = await _address(connection, workspace_id, username)
        text = await tokens.create_for(
            connection, subject, email, workspace_id,
            label=f"impersonated by {subject.username}", expires_at=now() + IMPERSONATION,
        )  # fmt: skip
        await audit.record(connection, subject, "users.impersonate", "Execute", username)
    return text


async def end_impersonation(pool: Pool, subject: Subject, own_token: str | None, given: str) -> None:
    """Ends the token of a service account: the caller's own one, who goes on with ``given``, or as an admin ``given``.

    Raises InvalidInput for a token that is not good.
    """
    async with pool.acquire() as connection, connection.transaction():
        found = await token.by_hash(connection, digest_of(given))
        if found is None:
            raise InvalidInput("Bad request: this token is not good any more")
        ending, email = given, str(found["email"])
        if is_of_service(subject.email) and own_token is not None:
            ending, email = own_token, subject.email
        elif not (
            subject.is_admin and found["workspace_id"] == subject.workspace_id and is_of_service(email)
        ):
            raise InvalidInput(
                "Bad request: neither you nor the token is a service account of this workspace"
            )
        await token.delete_by_hash(connection, digest_of(ending))
        await access_change.account(connection, email)
        await audit.record(connection, subject, "users.exit_impersonation", "Execute", email)


async def list_tokens(pool: Pool, workspace_id: str, username: str) -> list[TokenRow]:
    """The good tokens of a service account, the newest first; raises NotFound for a member who is none."""
    email = await _address(pool, workspace_id, username)
    return await token.list_of(pool, email, exclude_ephemeral=False, limit=MOST_TOKENS, offset=0)


async def delete_token(pool: Pool, subject: Subject, workspace_id: str, username: str, prefix: str) -> None:
    """Ends a token of a service account on every server within a second; raises NotFound."""
    if subject.is_job:
        raise PermissionDenied("Permission denied: a job may not make, change or end tokens")
    async with pool.acquire() as connection, connection.transaction():
        email = await _address(connection, workspace_id, username)
        if not await token.delete(connection, email, prefix):
            raise NotFound(f"Not found: {username} has no token {prefix[:40]}")
        await access_change.account(connection, email)
        await audit.record(
            connection, subject, "users.token.delete", "Delete", prefix, {"service_account": username}
        )


async def _address(connection: Connection, workspace_id: str, username: str) -> str:
    email = await workspace_member.email_of(connection, workspace_id, username)
    if email is None or not is_of_service(email):
        raise NotFound(f"Not found: there is no service account {username[:60]} in this workspace")
    return email
