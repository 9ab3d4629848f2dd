"""The address that a workspace has told of changes to its items, as its admins set it."""

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.model.subject import Subject
from postmill.outgoing.client import parse_url
from postmill.tables.instance import audit
from postmill.tables.workspaces import workspace_webhook


async def get(pool: Pool, keyring: Keyring, subject: Subject) -> str | None:
    """The address, for admins: who knows it can send there."""
    if not (subject.is_admin or subject.is_superadmin):
        return None
    return await workspace_webhook.get(pool, keyring, subject.workspace_id or "")


async def put(pool: Pool, keyring: Keyring, subject: Subject, workspace_id: str, url: str | None) -> None:
    """Set or remove it; it is told of the changes from now on. Raises InvalidInput for what is no address."""
    if url is not None:
        parse_url(url)
    async with pool.acquire() as connection, connection.transaction():
        await workspace_webhook.put(connection, keyring, workspace_id, url)
        details = {"removed": url is None}
        await audit.record(connection, subject, "workspaces.edit_webhook", "Updated", workspace_id, details)
