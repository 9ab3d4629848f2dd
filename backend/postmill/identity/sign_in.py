"""Signing in and out with e-mail and password, with limits per account and per address."""

from postmill.db.pool import Pool
from postmill.identity.callers import digest_of
from postmill.identity.passwords import hash_password, is_right, require_acceptable
from postmill.identity.service_addresses import require_person
from postmill.identity.tokens import open_session, require_unlimited
from postmill.kernel.errors import InvalidInput, NotFound, TooMany
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.people import access_change, account, login_attempt, token
from postmill.tables.people.account import AccountRow

WINDOW_SECONDS = 15 * 60
ACCOUNT_FAILURES = 10
ADDRESS_FAILURES = 100
WRONG = "Bad request: Invalid login"


def normal_email(email: str) -> str:
    """The form in which addresses of people are stored; raises InvalidInput for what cannot be one."""
    text = email.strip().lower()
    local, at, domain = text.partition("@")
    if not at or not local or not domain or len(text) > 254 or not text.isprintable() or " " in text:
        raise InvalidInput(f"Bad request: {email[:100]!r} is not an e-mail address")
    if "/" in text:
        raise InvalidInput("Bad request: an e-mail address may not hold a slash here")
    require_person(text)
    return text


async def sign_in(pool: Pool, email: str, password: str, address: str | None) -> str:
    """A session token for the right password.

    Raises InvalidInput with one message for an unknown account, a wrong password and a disabled account, and TooMany
    after too many failures of the account or from the address.
    """
    email = email.strip().lower()[:254].replace("\0", "")
    by_account, by_address = f"account:{email}", f"address:{address}"
    await _require_few_failures(pool, by_account, by_address)
    # Counted before the comparison: many attempts at once are all seen.
    await login_attempt.record_failure(pool, by_account)
    found = await account.get(pool, email)
    usable = found is not None and not found.disabled
    right = await is_right(password, found.password_hash if found is not None and usable else None)
    if not right or found is None:
        await _note_failure(pool, email, address, by_address)
        raise InvalidInput(WRONG)
    subject = Subject(
        email=email,
        username=email,
        is_superadmin=found.is_superadmin,
        token_kind="session",  # noqa: S106 - a kind
        address=address,
    )
    async with pool.acquire() as connection, connection.transaction():
        text = await open_session(connection, email)
        await login_attempt.clear(connection, by_account)
        await audit.record(connection, subject, "users.login", "Execute", email)
    return text


async def _require_few_failures(pool: Pool, by_account: str, by_address: str) -> None:
    for subject, limit in ((by_account, ACCOUNT_FAILURES), (by_address, ADDRESS_FAILURES)):
        if await login_attempt.failures(pool, subject, WINDOW_SECONDS) >= limit:
            raise TooMany("Too many failed sign-ins; try again in a quarter of an hour")


async def _note_failure(pool: Pool, email: str, address: str | None, by_address: str) -> None:
    subject = Subject(email=email, username=email, token_kind="anonymous", address=address)  # noqa: S106 - a kind
    async with pool.acquire() as connection, connection.transaction():
        await login_attempt.record_failure(connection, by_address)
        await audit.record(connection, subject, "users.login_failure", "Execute", email, outcome="refused")


async def sign_out(pool: Pool, token_text: str, subject: Subject) -> None:
    """End the session; ending one that has ended already is no error."""
    async with pool.acquire() as connection, connection.transaction():
        if await token.delete_by_hash(connection, digest_of(token_text)):
            await access_change.account(connection, subject.email)
            await audit.record(connection, subject, "users.logout", "Execute", subject.email)


async def change_own_password(pool: Pool, subject: Subject, password: str, token_text: str | None) -> None:
    """Set the caller's password and end their other sessions.

    Raises PermissionDenied for a limited token: nobody takes an account over with one.
    """
    require_unlimited(subject)
    require_acceptable(password)
    await _set_password(pool, subject, subject.email, password, keep=token_text)


async def set_password_of(pool: Pool, subject: Subject, email: str, password: str) -> None:
    """Set somebody's password, for superadmins; ends all their sessions. Raises NotFound.

    Raises PermissionDenied for a limited token, as ``change_own_password`` does.
    """
    require_unlimited(subject)
    require_acceptable(password)
    await _set_password(pool, subject, email, password, keep=None)


async def _set_password(pool: Pool, subject: Subject, email: str, password: str, keep: str | None) -> None:
    require_person(email)
    hashed = await hash_password(password)
    async with pool.acquire() as connection, connection.transaction():
        if not await account.set_password(connection, email, hashed):
            raise NotFound(f"Not found: there is no account {email}")
        await token.delete_sessions(connection, email, digest_of(keep) if keep else None)
        await login_attempt.clear(connection, f"account:{email}")
        await access_change.account(connection, email)
        await audit.record(connection, subject, "users.setpassword", "Updated", email)


async def account_of(pool: Pool, email: str) -> AccountRow:
    """Raises NotFound."""
    found = await account.get(pool, email)
    if found is None:
        raise NotFound(f"Not found: there is no account {email}")
    return found
