"""All accounts of the instance at once, for superadmins who carry an instance from one place to another."""

import re
from collections.abc import Sequence

import msgspec

from postmill.access.paths import parse_username
from postmill.db.pool import Pool
from postmill.identity import auto_invites, instance_groups, lent_identities
from postmill.identity.sign_in import normal_email
from postmill.identity.tokens import require_unlimited
from postmill.kernel.errors import InvalidInput
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.people import access_change, account, instance_group, token, workspace_member
from postmill.tables.people.account import AccountRow

MAX_ACCOUNTS = 100_000
MAX_TEXT = 255
# What it takes to compare a password with a hash is written in the hash: bounded, so that none stops the server.
_HASH = re.compile(
    r"\$argon2(?:id|i|d)\$v=\d{1,3}\$m=(?P<memory>\d{1,8}),t=(?P<passes>\d{1,3}),p=(?P<lanes>\d{1,3})"
    r"\$[A-Za-z0-9+/]{8,200}\$[A-Za-z0-9+/]{16,200}"
)
_MOST_MEMORY_KB = 1 << 20
_MOST_PASSES = 20
_MOST_LANES = 16


class GivenAccount(msgspec.Struct, frozen=True, kw_only=True):
    """One account as it is to be; without a hash it has no password."""

    email: str
    password_hash: str | None
    is_superadmin: bool
    name: str | None
    company: str | None
    first_time: bool
    username: str | None


async def export(pool: Pool, subject: Subject) -> list[AccountRow]:
    """Every account with the hash of its password; only for callers who hold all their rights."""
    require_unlimited(subject)
    rows = await account.list_all(pool, active_only=False, limit=MAX_ACCOUNTS, offset=0)
    await audit.record(pool, subject, "users.export", "Execute", None, {"accounts": len(rows)})
    return rows


async def overwrite(pool: Pool, subject: Subject, given: Sequence[GivenAccount]) -> None:
    """Only these accounts remain. What somebody made stays when their account goes.

    Raises InvalidInput for a malformed account, and unless the caller remains a superadmin; nothing changes then.
    """
    require_unlimited(subject)
    if len(given) > MAX_ACCOUNTS:
        raise InvalidInput(f"Bad request: an instance has at most {MAX_ACCOUNTS} accounts")
    wanted = {one.email: one for one in map(_checked, given)}
    if len(wanted) < len(given):
        raise InvalidInput("Bad request: two accounts have the same address")
    me = wanted.get(subject.email)
    if me is None or not me.is_superadmin:
        raise InvalidInput(
            f"Bad request: {subject.email} must be among the accounts, as a superadmin: it is you who asks"
        )
    async with pool.acquire() as connection, connection.transaction():
        rows = await account.list_all(connection, active_only=False, limit=MAX_ACCOUNTS, offset=0)
        known = {row.email: row for row in rows}
        for email in known.keys() - wanted.keys():
            names = await workspace_member.usernames_of(connection, email)
            await account.delete(connection, email)
            await token.delete_all_of(connection, email)
            await workspace_member.delete_everywhere(connection, email)
            await instance_group.remove_everywhere(connection, email)
            await lent_identities.drop_everywhere(connection, email, names)
            await access_change.account(connection, email)
        for email, one in wanted.items():
            before = known.get(email)
            await account.put(connection, one.email, one.password_hash, one.name, one.company, one.username,
                              is_superadmin=one.is_superadmin, first_time=one.first_time)  # fmt: skip
            if before is None:
                continue
            if before.password_hash != one.password_hash and email != subject.email:
                await token.delete_sessions(connection, email)
            if before.is_superadmin and not one.is_superadmin:
                names = await workspace_member.usernames_of(connection, email)
                await lent_identities.drop_everywhere(connection, email, names)
            await access_change.account(connection, email)
        await instance_groups.settle(connection, subject)
        for email in wanted.keys() - known.keys():
            await auto_invites.greet(connection, subject, email)
        details = {"accounts": len(wanted), "deleted": len(known.keys() - wanted.keys())}
        await audit.record(connection, subject, "users.overwrite", "Updated", None, details)


def _checked(one: GivenAccount) -> GivenAccount:
    email = normal_email(one.email)
    if one.username is not None:
        parse_username(one.username)
    if any(len(text or "") > MAX_TEXT for text in (one.name, one.company)):
        raise InvalidInput(f"Bad request: the name and company of {email} have at most {MAX_TEXT} characters")
    if one.password_hash is not None and not _is_usable(one.password_hash):
        raise InvalidInput(
            f"Bad request: the password_hash of {email} is not an argon2 hash that is used here"
        )
    return msgspec.structs.replace(one, email=email)


def _is_usable(password_hash: str) -> bool:
    found = _HASH.fullmatch(password_hash)
    return found is not None and (
        int(found["memory"]) <= _MOST_MEMORY_KB
        and 1 <= int(found["passes"]) <= _MOST_PASSES
        and 1 <= int(found["lanes"]) <= _MOST_LANES
    )
