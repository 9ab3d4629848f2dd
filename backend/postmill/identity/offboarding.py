"""Somebody leaves a workspace: who follows them, what they may still do, and the end of their membership."""

from postmill.access.paths import split_owner
from postmill.db.pool import Connection, in_transaction
from postmill.identity import members
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.items import draft, folder
from postmill.tables.people import token
from postmill.tables.people.token import TokenRow

MOST_TOKENS = 1000


async def tokens_of(connection: Connection, workspace_id: str, email: str) -> list[TokenRow]:
    """The good tokens of an account that are for this workspace, or for any."""
    found = await token.list_of(connection, email, exclude_ephemeral=True, limit=MOST_TOKENS, offset=0)
    return [one for one in found if one.workspace_id in (None, workspace_id)]


async def require_place(connection: Connection, workspace_id: str, place: str, leaving: str) -> str:
    """The place ``u/name`` or ``f/folder`` that things go to; raises InvalidInput where there is none."""
    kind, name = split_owner(f"{place}/x") if place.count("/") == 1 else ("", "")
    if kind == "u" and name != leaving:
        await successor(connection, workspace_id, place, leaving)
        return place
    if kind == "f" and await folder.get(connection, workspace_id, name) is not None:
        return place
    raise InvalidInput(
        "Bad request: reassign_to is u/ and the name of another member, or f/ and the name of a folder"
    )


async def successor(connection: Connection, workspace_id: str, name: str, leaving: str) -> tuple[str, str]:
    """Identity and address of the member that follows; raises InvalidInput for nobody."""
    username = name.removeprefix("u/")
    try:
        found = await members.get(connection, workspace_id, username)
    except NotFound:
        found = None
    if found is None or found.disabled or username == leaving:
        raise InvalidInput(f"Bad request: {username[:60]!r} is no other member of this workspace")
    return f"u/{username}", found.email


async def finish(within: Connection, subject: Subject, workspace_id: str, username: str, place: str) -> int:
    """Deletes their drafts and records what was done; returns how many drafts there were."""
    async with in_transaction(within) as connection:
        email = await members.email_of(connection, workspace_id, username)
        drafts = await draft.delete_of(connection, workspace_id, email)
        details = {"reassign_to": place}
        await audit.record(
            connection, subject, "users.offboard", "Updated", username, details, workspace_id=workspace_id
        )
    return drafts
