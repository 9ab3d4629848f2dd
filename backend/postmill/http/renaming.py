"""A person gets another user name, in all their workspaces at once; what lies at ``u/name`` follows."""

import msgspec

from postmill.access.paths import parse_username
from postmill.db.pool import in_transaction
from postmill.deploy.handing_over import take_archived_along
from postmill.http.context import ServerContext
from postmill.http.offboarding import in_the_way, member_of, move_all
from postmill.identity import accounts, members
from postmill.identity.tokens import require_unlimited
from postmill.kernel.errors import Conflict
from postmill.model.subject import Subject


async def rename(context: ServerContext, asking: Subject, email: str, new_username: str) -> None:
    """All or nothing: memberships, grants, items, drafts, runs and what runs as them.

    Raises NotFound, and Conflict for a name that is taken somewhere or where something lies in the way,
    PermissionDenied for a limited token.
    """
    require_unlimited(asking)
    name = parse_username(new_username)
    async with in_transaction(context.pool) as connection:
        for workspace, username in await accounts.usernames_of(connection, email):
            if username == name:
                continue
            asking_there = msgspec.structs.replace(asking, workspace_id=workspace)
            await members.rename(connection, asking_there, workspace, username, name)
            member = member_of(context, asking, workspace, username)
            blocking = await in_the_way(connection, member, f"u/{name}")
            if blocking:
                raise Conflict(f"Bad request: there is a {blocking[0]} in workspace {workspace} already")
            await move_all(connection, member, f"u/{name}", (f"u/{name}", email))
            await take_archived_along(connection, workspace, member.prefix, f"u/{name}/")
        await accounts.set_username(connection, asking, email, name)
