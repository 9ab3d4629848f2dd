"""The first start of an instance: its first administrator and its first workspaces."""

import secrets

import msgspec

from postmill.access.paths import parse_username
from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.identity import tokens, workspaces
from postmill.identity.passwords import hash_password
from postmill.identity.sign_in import normal_email
from postmill.kernel.settings import Settings
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.people import account, workspace_member

USERNAME = parse_username("admin")
_LETTERS = "abcdefghijkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # without those that look alike
PASSWORD_LENGTH = 20


class FirstAdmin(msgspec.Struct, frozen=True):
    """What the first start made; ``password`` only where it was generated, to be shown once and stored nowhere."""

    email: str
    password: str | None


async def ensure_first_admin(pool: Pool, keyring: Keyring, settings: Settings) -> FirstAdmin | None:
    """Make the first superadmin and the workspaces ``admins`` and ``main``; None where an account exists already.

    Many servers may start at once: exactly one of them makes it.
    """
    if await account.any_exists(pool):
        return None
    email = normal_email(settings.admin_email)
    generated = None if settings.admin_password else _new_password()
    hashed = await hash_password(settings.admin_password or generated or "")
    async with pool.acquire() as connection, connection.transaction():
        await account.lock_first_start(connection)
        if await account.any_exists(connection):
            return None
        await account.insert(connection, email, hashed, is_superadmin=True)
        await account.set_username(connection, email, USERNAME)
        for workspace_id, name in ((workspaces.ADMINS, "Admins"), (workspaces.STARTER, "Main")):
            await workspaces.make_workspace(connection, keyring, workspace_id, name, email, None)
            await workspace_member.insert(connection, workspace_id, USERNAME, email, is_admin=True)
        if settings.admin_token:
            await tokens.store(connection, settings.admin_token, email, "user", label="first start")
        system = Subject(email=email, username=USERNAME, is_superadmin=True, token_kind="system")  # noqa: S106 - a kind
        await audit.record(connection, system, "users.add_global", "Created", email)
    return FirstAdmin(email=email, password=generated)


def _new_password() -> str:
    return "".join(secrets.choice(_LETTERS) for _ in range(PASSWORD_LENGTH))
