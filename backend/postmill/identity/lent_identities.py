"""Deployed code that runs as somebody else, by the right of the admin who said so: it ends with that right."""

from collections.abc import Sequence

from postmill.db.pool import Connection
from postmill.tables.items import flow, script


async def drop_in(connection: Connection, workspace: str, username: str) -> None:
    """For somebody who may be no admin of the workspace any more."""
    await _drop(connection, workspace, [username])


async def drop_everywhere(connection: Connection, email: str, usernames: Sequence[tuple[str, str]]) -> None:
    """For somebody who is no superadmin any more: as the member that they are or were, and where they were none."""
    for workspace, username in usernames:
        await _drop(connection, workspace, [username])
    await _drop(connection, None, [email])


async def _drop(connection: Connection, workspace: str | None, makers: Sequence[str]) -> None:
    await script.drop_identities_of_others(connection, workspace, makers)
    await flow.drop_identities_of_others(connection, workspace, makers)
