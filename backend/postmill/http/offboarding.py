"""Hands over what a member of a workspace owns, kind by kind, so that they can leave: all of it, or nothing."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeVar

import msgspec

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Connection, Session, in_transaction
from postmill.deploy import finding, handing_over
from postmill.deploy.handing_over import Code, Leaving
from postmill.http.context import ServerContext
from postmill.identity import accounts, members, offboarding
from postmill.items import resources, variables
from postmill.items.paging import Page
from postmill.kernel.errors import InvalidInput
from postmill.model.item_filter import ItemFilter
from postmill.model.resource import EditResource, ResourceFilter
from postmill.model.subject import Subject
from postmill.model.variable import EditVariable

PAGE = 1000


class AffectedPaths(msgspec.Struct, frozen=True, kw_only=True):
    scripts: list[str] = []
    flows: list[str] = []
    apps: list[str] = []
    resources: list[str] = []
    variables: list[str] = []
    schedules: list[str] = []
    triggers: dict[str, list[str]] = {}


class TokenInfo(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    label: str
    scopes: list[str]
    expiration: str | None = None


class OffboardPreview(msgspec.Struct, frozen=True, kw_only=True):
    """``referencing``: what lies elsewhere and names something below their place."""

    owned: AffectedPaths
    executing_on_behalf: AffectedPaths
    referencing: AffectedPaths
    tokens: list[TokenInfo]
    http_triggers: int = 0
    email_triggers: int = 0


class Reassignment(msgspec.Struct, frozen=True, kw_only=True):
    """``reassign_to``: ``u/name`` or ``f/folder``. ``new_on_behalf_of_user``: as whom code runs that ran as them; left
    out, it runs as whoever starts it."""

    reassign_to: str
    new_on_behalf_of_user: str | None = None


class OffboardSummary(msgspec.Struct, frozen=True, kw_only=True):
    scripts_reassigned: int = 0
    flows_reassigned: int = 0
    apps_reassigned: int = 0
    resources_reassigned: int = 0
    variables_reassigned: int = 0
    schedules_reassigned: int = 0
    triggers_reassigned: int = 0
    drafts_deleted: int = 0


class OffboardResponse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``conflicts`` names what is in the way at the new place; then nothing was done."""

    conflicts: list[str] | None = None
    summary: OffboardSummary | None = None


@dataclass(frozen=True)
class Member:
    """Somebody in a workspace who is to leave, and who asks for it."""

    keyring: Keyring
    subject: Subject
    workspace: str
    username: str

    @property
    def prefix(self) -> str:
        return f"u/{self.username}/"


def member_of(context: ServerContext, asking: Subject, workspace: str, username: str) -> Member:
    """A superadmin comes from outside of the workspace as well."""
    return Member(
        context.keyring, msgspec.structs.replace(asking, workspace_id=workspace), workspace, username
    )


async def preview(connection: Connection, member: Member) -> OffboardPreview:
    """What would be handed over. Raises NotFound for nobody."""
    workspace = member.workspace
    row = await members.get(connection, workspace, member.username)
    owned = await _owned(connection, member)
    running = await handing_over.code_running_as(connection, workspace, f"u/{member.username}")
    tokens = await offboarding.tokens_of(connection, workspace, row.email)
    return OffboardPreview(
        owned=owned,
        executing_on_behalf=AffectedPaths(
            scripts=[path for path in running.scripts if path not in owned.scripts],
            flows=[path for path in running.flows if path not in owned.flows],
        ),
        referencing=await _referencing(connection, member),
        tokens=[
            TokenInfo(
                label=one.label or "",
                scopes=list(one.scopes or ()),
                expiration=None if one.expires_at is None else one.expires_at.isoformat(),
            )
            for one in tokens
        ],
    )


async def _owned(connection: Connection, member: Member) -> AffectedPaths:
    code = await handing_over.code_below(connection, member.subject, member.workspace, member.prefix)
    below = ItemFilter(path_start=member.prefix)
    return AffectedPaths(
        scripts=code.scripts,
        flows=code.flows,
        resources=await _paths(
            connection, member, resources.list_visible, ResourceFilter(path_start=member.prefix)
        ),
        variables=await _paths(connection, member, variables.list_visible, below),
    )


async def _referencing(connection: Connection, member: Member) -> AffectedPaths:
    found = await finding.search(
        connection, member.subject, member.workspace, member.prefix, match_case=True, whole_word=False
    )

    def elsewhere(paths: list[str]) -> list[str]:
        return sorted({path for path in paths if not path.startswith(member.prefix)})

    return AffectedPaths(
        scripts=elsewhere([one.path for one in found if one.kind == "script"]),
        flows=elsewhere([one.path for one in found if one.kind == "flow"]),
        resources=elsewhere(
            await _paths(connection, member, resources.list_visible, ResourceFilter(value=member.prefix))
        ),
    )


class _Item(Protocol):
    @property
    def path(self) -> str: ...


F = TypeVar("F")


async def _paths(
    connection: Connection,
    member: Member,
    list_visible: Callable[[Connection, Subject, str, F, Page], Awaitable[Sequence[_Item]]],
    wanted: F,
) -> list[str]:
    """All of a list, page by page."""
    paths: list[str] = []
    while True:
        page = Page(limit=PAGE, offset=len(paths))
        rows = await list_visible(connection, member.subject, member.workspace, wanted, page)
        paths.extend(row.path for row in rows)
        if len(rows) < PAGE:
            return paths


async def leave_workspace(
    context: ServerContext, member: Member, wanted: Reassignment, *, leaves: bool
) -> OffboardResponse:
    """Moves what lies below their place; what ran as them runs as somebody else, or as its callers.

    With ``leaves`` they are no member afterwards. Raises NotFound, InvalidInput.
    """
    async with in_transaction(context.pool) as connection:
        conflicts = await _conflicts(connection, member, wanted)
        if conflicts:
            return OffboardResponse(conflicts=conflicts)
        summary = await _hand_over(connection, member, wanted)
        if leaves:
            await members.remove(connection, member.subject, member.workspace, member.username)
    return OffboardResponse(summary=summary)


async def leave_instance(
    context: ServerContext, asking: Subject, email: str, wanted: Mapping[str, Reassignment], *, deletes: bool
) -> OffboardResponse:
    """The same in each of the workspaces, by id; with ``deletes`` the account is gone afterwards."""
    async with in_transaction(context.pool) as connection:
        usernames = dict(await accounts.usernames_of(connection, email))
        unknown = sorted(set(wanted) - set(usernames))
        if unknown:
            raise InvalidInput(f"Bad request: {email} is no member of workspace {unknown[0][:60]}")
        leaving = [
            (member_of(context, asking, workspace, usernames[workspace]), one)
            for workspace, one in wanted.items()
        ]
        conflicts = [
            f"{member.workspace}: {path}"
            for member, one in leaving
            for path in await _conflicts(connection, member, one)
        ]
        if conflicts:
            return OffboardResponse(conflicts=conflicts)
        sums: dict[str, Any] = {}
        for member, one in leaving:
            done = await _hand_over(connection, member, one)
            for name, count in msgspec.structs.asdict(done).items():
                sums[name] = sums.get(name, 0) + count
        if deletes:
            await accounts.delete(connection, asking, email)
    return OffboardResponse(summary=OffboardSummary(**sums))


async def _conflicts(connection: Connection, member: Member, wanted: Reassignment) -> list[str]:
    """What is in the way. Raises NotFound for nobody, InvalidInput for no place."""
    await members.get(connection, member.workspace, member.username)
    place = await offboarding.require_place(connection, member.workspace, wanted.reassign_to, member.username)
    return await in_the_way(connection, member, place)


async def _hand_over(connection: Session, member: Member, wanted: Reassignment) -> OffboardSummary:
    name, place = wanted.new_on_behalf_of_user, wanted.reassign_to
    follows = (
        await offboarding.successor(connection, member.workspace, name, member.username) if name else None
    )
    moved = await move_all(connection, member, place, follows)
    drafts = await offboarding.finish(connection, member.subject, member.workspace, member.username, place)
    return msgspec.structs.replace(moved, drafts_deleted=drafts)


async def move_all(
    connection: Session, member: Member, place: str, follows: tuple[str, str] | None
) -> OffboardSummary:
    """Moves what lies below their place; what ran as them runs as who follows them, None: as its callers."""
    subject, workspace = member.subject, member.workspace
    owned = await _owned(connection, member)
    leaving = Leaving(f"u/{member.username}", follows)

    def moved(path: str) -> str:
        return _moved(member, place, path)

    for path in owned.variables:
        edit = EditVariable(path=moved(path))
        await variables.update(connection, member.keyring, subject, workspace, path, edit)
    for path in owned.resources:
        await resources.update(connection, subject, workspace, path, EditResource(path=moved(path)))
    for path in owned.flows:
        await handing_over.hand_flow_over(connection, subject, workspace, path, moved(path), leaving)
    for path in owned.scripts:
        await handing_over.hand_script_over(connection, subject, workspace, path, moved(path), leaving)
    running = await handing_over.code_running_as(connection, workspace, leaving.identity)
    for path in running.scripts:
        await handing_over.hand_script_over(connection, subject, workspace, path, path, leaving)
    for path in running.flows:
        await handing_over.hand_flow_over(connection, subject, workspace, path, path, leaving)
    return OffboardSummary(
        scripts_reassigned=len(owned.scripts) + len(running.scripts),
        flows_reassigned=len(owned.flows) + len(running.flows),
        resources_reassigned=len(owned.resources),
        variables_reassigned=len(owned.variables),
    )


async def in_the_way(connection: Connection, member: Member, place: str) -> list[str]:
    """What lies already where something of theirs would be moved to."""
    subject, workspace = member.subject, member.workspace
    owned = await _owned(connection, member)

    def moved(paths: list[str]) -> list[str]:
        return [_moved(member, place, path) for path in paths]

    code = Code(moved(owned.scripts), moved(owned.flows))
    found = await handing_over.taken(connection, workspace, code)
    for path in moved(owned.resources):
        if await resources.exists(connection, subject, workspace, path):
            found.append(f"resource {path}")
    for path in moved(owned.variables):
        if await variables.exists(connection, subject, workspace, path):
            found.append(f"variable {path}")
    return found


def _moved(member: Member, place: str, path: str) -> str:
    return f"{place}/{path.removeprefix(member.prefix)}"
