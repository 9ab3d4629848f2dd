"""Workspaces that ask, or take in, whoever has an account with an address of a domain."""

from postmill.db.pool import Connection, Pool
from postmill.identity.members import free_username
from postmill.kernel.errors import InvalidInput
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.people import access_change, workspace_auto_invite, workspace_invite, workspace_member
from postmill.tables.people.workspace_auto_invite import AutoInviteRow as AutoInviteRow

EVERYBODY = "*"
# Whoever wants an address there has one.
OPEN_DOMAINS = frozenset({
    "gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "msn.com", "yahoo.com", "icloud.com",
    "me.com", "aol.com", "gmx.de", "gmx.net", "web.de", "mail.com", "proton.me", "protonmail.com", "qq.com", "163.com",
    "yandex.com", "yandex.ru", "mail.ru",
})  # fmt: skip


def is_own_domain(email: str) -> bool:
    """Whether the domain of an address says that its holders belong together."""
    return domain_of(email) not in OPEN_DOMAINS


def domain_of(email: str) -> str:
    return email.rpartition("@")[2]


async def get(pool: Pool, workspace_id: str) -> AutoInviteRow | None:
    """How the workspace invites; None where it does not."""
    return await workspace_auto_invite.get(pool, workspace_id)


async def switch_on(
    pool: Pool, subject: Subject, workspace_id: str, *, is_operator: bool, everybody: bool, adds: bool
) -> int:
    """For the accounts of the caller's domain, those there are and those to come; returns how many it concerned now.

    Raises InvalidInput for a domain in which anybody may have an address.
    """
    if not everybody and not is_own_domain(subject.email):
        raise InvalidInput(
            f"Bad request: anybody may have an address at {domain_of(subject.email)}; invite_all would say so"
        )
    domain = EVERYBODY if everybody else domain_of(subject.email)
    async with pool.acquire() as connection, connection.transaction():
        row = AutoInviteRow(workspace_id, domain, is_operator, adds, subject.email)
        await workspace_auto_invite.put(connection, row)
        details = {"domain": domain, "operator": is_operator, "auto_add": adds}
        await audit.record(
            connection, subject, "workspaces.edit_auto_invite_domain", "Updated", workspace_id, details
        )
        emails = await workspace_auto_invite.accounts_of(connection, domain)
        return sum([await greet(connection, subject, email, workspace_id) for email in emails])


async def switch_off(pool: Pool, subject: Subject, workspace_id: str) -> None:
    """Who was invited or taken in stays so."""
    async with pool.acquire() as connection, connection.transaction():
        await workspace_auto_invite.remove(connection, workspace_id)
        await audit.record(connection, subject, "workspaces.edit_auto_invite_domain", "Delete", workspace_id)


async def greet(connection: Connection, subject: Subject, email: str, only: str | None = None) -> int:
    """Invites an account, or takes it in, wherever its domain is wanted; in the transaction that makes the account."""
    count = 0
    for row in await workspace_auto_invite.for_account(connection, email, domain_of(email)):
        if only not in (None, row.workspace_id):
            continue
        count += 1
        resource, action = email, "users.invite"
        if row.adds:
            resource = await free_username(connection, row.workspace_id, email)
            action = "users.add_to_workspace"
            await workspace_member.insert(
                connection, row.workspace_id, resource, email, is_admin=False, is_operator=row.is_operator
            )
            await access_change.account(connection, email)
        else:
            await workspace_invite.put(
                connection, row.workspace_id, email, row.set_by, is_admin=False, is_operator=row.is_operator
            )
        details = {"email": email, "operator": row.is_operator, "by": f"domain {row.domain}"}
        await audit.record(
            connection, subject, action, "Created", resource, details, workspace_id=row.workspace_id
        )
    return count
