"""A forgotten password: a superadmin makes a link, its holder chooses a new password with it, once."""

from datetime import datetime
from typing import NamedTuple

from postmill.db.pool import Pool
from postmill.identity.callers import digest_of
from postmill.identity.passwords import hash_password, require_acceptable
from postmill.identity.sign_in import normal_email
from postmill.identity.tokens import require_unlimited
from postmill.kernel.errors import InvalidInput, NotFound, TooMany
from postmill.kernel.ids import new_secret
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.people import access_change, account, login_attempt, password_reset, token

GOOD_FOR_SECONDS = 24 * 3600.0
WINDOW_SECONDS = 15 * 60
ADDRESS_FAILURES = 20
UNUSABLE = "Bad request: this link is wrong, used or expired; ask an administrator for a new one"


class ResetLink(NamedTuple):
    """What a link carries, which is shown once, and when it expires."""

    token: str
    expires_at: datetime


async def make_link(pool: Pool, subject: Subject, email: str) -> ResetLink:
    """A link for an account, instead of an earlier one. The password stays as it is until the link is used.

    Raises NotFound, InvalidInput for a disabled account, PermissionDenied for a limited token.
    """
    require_unlimited(subject)
    email = normal_email(email)
    text = new_secret("rst")
    async with pool.acquire() as connection, connection.transaction():
        found = await account.get(connection, email)
        if found is None:
            raise NotFound(f"Not found: there is no account {email}")
        if found.disabled:
            raise InvalidInput(f"Bad request: account {email} is disabled; enable it first")
        expires_at = await password_reset.put(
            connection, email, digest_of(text), subject.email, GOOD_FOR_SECONDS
        )
        details = {"expires_at": expires_at}
        await audit.record(connection, subject, "users.make_reset_link", "Created", email, details)
    return ResetLink(text, expires_at)


async def use_link(pool: Pool, token_text: str, password: str, address: str | None) -> None:
    """Set the password and end all sessions of the account. One message for whatever is wrong with the link.

    Raises InvalidInput, and TooMany after too many wrong links from the address.
    """
    require_acceptable(password)
    by_address = f"reset:{address}"
    if await login_attempt.failures(pool, by_address, WINDOW_SECONDS) >= ADDRESS_FAILURES:
        raise TooMany("Too many wrong links; try again in a quarter of an hour")
    hashed = await hash_password(password)
    async with pool.acquire() as connection, connection.transaction():
        email = await password_reset.take(connection, digest_of(token_text))
        if email is not None:
            subject = Subject(email=email, username=email, token_kind="anonymous", address=address)  # noqa: S106
            await account.set_password(connection, email, hashed)
            await token.delete_sessions(connection, email, None)
            await login_attempt.clear(connection, f"account:{email}")
            await access_change.account(connection, email)
            await audit.record(connection, subject, "users.reset_password", "Updated", email)
            return
    await login_attempt.record_failure(pool, by_address)
    raise InvalidInput(UNUSABLE)
