"""The accounts of the instance, as superadmins manage them and as their owners see them."""

from postmill.db.pool import Connection, Pool, in_transaction
from postmill.identity import auto_invites, instance_groups, lent_identities
from postmill.identity.passwords import hash_password, require_acceptable
from postmill.identity.service_addresses import require_person
from postmill.identity.sign_in import normal_email
from postmill.identity.tokens import require_unlimited
from postmill.kernel.errors import Conflict, InvalidInput, NotFound
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.people import access_change, account, instance_group, renaming, token, workspace_member
from postmill.tables.people.account import AccountRow as AccountRow

LOGIN_TYPES = ("password",)


async def create(
    pool: Pool,
    subject: Subject,
    email: str,
    password: str,
    *,
    is_superadmin: bool,
    name: str | None,
    company: str | None,
) -> str:
    """Make an account; returns its address as it is stored. Raises Conflict for a taken one.

    Raises PermissionDenied for a limited token that would make a superadmin, whose password it would know.
    """
    if is_superadmin:
        require_unlimited(subject)
    email = normal_email(email)
    require_acceptable(password)
    hashed = await hash_password(password)
    async with pool.acquire() as connection, connection.transaction():
        if await account.exists(connection, email):
            raise Conflict(f"Bad request: account {email} already exists")
        await account.insert(
            connection, email, hashed, name=name, company=company, is_superadmin=is_superadmin
        )
        details = {"super_admin": is_superadmin}
        await audit.record(connection, subject, "users.add_global", "Created", email, details)
        await instance_groups.settle(connection, subject)
        await auto_invites.greet(connection, subject, email)
    return email


async def list_all(pool: Pool, *, active_only: bool, limit: int, offset: int) -> list[AccountRow]:
    """Accounts by address, for superadmins."""
    return await account.list_all(pool, active_only=active_only, limit=limit, offset=offset)


async def exists(pool: Pool, email: str) -> bool:
    return await account.exists(pool, email.strip().lower())


async def update(
    pool: Pool,
    subject: Subject,
    email: str,
    *,
    is_superadmin: bool | None,
    is_devops: bool | None,
    name: str | None,
    disabled: bool | None,
) -> None:
    """Change roles, name or whether the account may be used; takes effect everywhere within a second.

    Raises NotFound, InvalidInput where no superadmin would be left, PermissionDenied for a limited token that would
    make one.
    """
    if is_superadmin:
        require_unlimited(subject)
    if is_superadmin or is_devops:
        require_person(email)
    async with pool.acquire() as connection, connection.transaction():
        if is_superadmin is False or disabled:
            await _require_other_superadmin(connection, email)
        if is_superadmin is False or is_devops is False:
            await _require_role_by_hand(connection, email)
        changed = await account.update(
            connection, email, name=name, is_superadmin=is_superadmin, is_devops=is_devops, disabled=disabled
        )
        if not changed:
            raise _no_such_account(email)
        if disabled:
            await token.delete_sessions(connection, email)
        if is_superadmin is False or disabled:
            names = await workspace_member.usernames_of(connection, email)
            await lent_identities.drop_everywhere(connection, email, names)
        await access_change.account(connection, email)
        details = {"is_super_admin": is_superadmin, "is_devops": is_devops, "disabled": disabled}
        await audit.record(connection, subject, "users.update", "Updated", email, details)


async def delete(within: Connection, subject: Subject, email: str) -> None:
    """Delete an account with its tokens and memberships; what it made stays."""
    async with in_transaction(within) as connection:
        await _require_other_superadmin(connection, email)
        if not await account.delete(connection, email):
            raise _no_such_account(email)
        names = await workspace_member.usernames_of(connection, email)
        await token.delete_all_of(connection, email)
        await workspace_member.delete_everywhere(connection, email)
        await instance_group.remove_everywhere(connection, email)
        await lent_identities.drop_everywhere(connection, email, names)
        await access_change.account(connection, email)
        await audit.record(connection, subject, "users.delete", "Delete", email)


async def set_login_type(pool: Pool, subject: Subject, email: str, login_type: str) -> None:
    """Choose how an account signs in; raises InvalidInput for a way that this server does not offer."""
    if login_type not in LOGIN_TYPES:
        raise InvalidInput(f"Bad request: this server signs in by {', '.join(LOGIN_TYPES)} only")
    async with pool.acquire() as connection, connection.transaction():
        if not await account.set_login_type(connection, email, login_type):
            raise _no_such_account(email)
        await audit.record(connection, subject, "users.update", "Updated", email, {"login_type": login_type})


async def change_email(pool: Pool, subject: Subject, email: str, new_email: str) -> str:
    """Give an account another address, which is how it signs in and is known; returns it as it is stored.

    Sessions, tokens, memberships and whatever runs as the person go on. Raises NotFound, Conflict for an address that
    somebody has, PermissionDenied for a limited token.
    """
    require_unlimited(subject)
    require_person(email)
    new_email = normal_email(new_email)
    async with pool.acquire() as connection, connection.transaction():
        if await account.exists(connection, new_email):
            raise Conflict(f"Bad request: account {new_email} already exists")
        both = await renaming.memberships_in_the_way(connection, email, new_email)
        if both:
            raise Conflict(f"Bad request: {new_email} is a member of workspace {both[0]} already")
        if not await renaming.change_email(connection, email, new_email):
            raise _no_such_account(email)
        for address in (email, new_email):
            await access_change.account(connection, address)
        details = {"new_email": new_email}
        await audit.record(connection, subject, "users.change_email", "Updated", email, details)
        await instance_groups.settle(connection, subject)
    return new_email


async def usernames_of(connection: Connection, email: str) -> list[tuple[str, str]]:
    """(workspace, user name) pairs of an account."""
    return await workspace_member.usernames_of(connection, email)


async def set_username(connection: Connection, subject: Subject, email: str, username: str) -> None:
    """What an account is called, in the transaction that renames it everywhere. Raises NotFound."""
    if not await account.exists(connection, email):
        raise _no_such_account(email)
    await account.set_username(connection, email, username)
    await access_change.account(connection, email)
    await audit.record(connection, subject, "users.rename", "Updated", email, {"new_username": username})


async def set_tutorial_progress(
    pool: Pool, subject: Subject, progress: int | None, skipped: bool | None
) -> None:
    """Remember how far somebody came in the tutorials of the UI."""
    if progress is not None and not 0 <= progress < 1 << 63:
        raise InvalidInput("Bad request: progress is a number from 0 on")
    await account.set_tutorial_progress(pool, subject.email, progress, skipped)


async def leave_instance(pool: Pool, subject: Subject) -> None:
    """Delete the caller's own account."""
    await delete(pool, subject, subject.email)


async def _require_other_superadmin(connection: Connection, email: str) -> None:
    found = await account.get(connection, email)
    if found is None:
        raise _no_such_account(email)
    if found.is_superadmin and await account.other_superadmins(connection, email) == 0:
        raise InvalidInput("Bad request: the last superadmin cannot be demoted, disabled or deleted")


async def _require_role_by_hand(connection: Connection, email: str) -> None:
    found = await account.get(connection, email)
    if found is not None and found.role_source == "instance_group":
        raise InvalidInput(
            f"Bad request: the role of {email} comes with an instance group; take them out of the group instead"
        )


def _no_such_account(email: str) -> NotFound:
    return NotFound(f"Not found: there is no account {email}")
