"""Hands over what a member of a workspace owns, kind by kind, so that they can leave.

Every item moves in a transaction of its own, as it does when somebody moves it by hand: asked again after it was
interrupted, the same request goes on where it stopped.
"""

from dataclasses import dataclass

import msgspec

from postmill.deploy import finding, handing_over
from postmill.deploy.handing_over import Code, Leaving
from postmill.http.context import ServerContext
from postmill.identity import members, offboarding
from postmill.items import resources, variables
from postmill.items.paging import Page
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

    context: ServerContext
    subject: Subject
    workspace: str
    username: str

    @property
    def prefix(self) -> str:
        return f"u/{self.username}/"


async def preview(member: Member) -> OffboardPreview:
    """What would be handed over. Raises NotFound for nobody."""
    pool, workspace = member.context.pool, member.workspace
    row = await members.get(pool, workspace, member.username)
    owned = await _owned(member)
    running = await handing_over.code_running_as(pool, workspace, f"u/{member.username}")
    tokens = await offboarding.tokens_of(pool, workspace, row.email)
    return OffboardPreview(
        owned=owned,
        executing_on_behalf=AffectedPaths(
            scripts=[path for path in running.scripts if path not in owned.scripts],
            flows=[path for path in running.flows if path not in owned.flows],
        ),
        referencing=await _referencing(member),
        tokens=[
            TokenInfo(
                label=one.label or "",
                scopes=list(one.scopes or ()),
                expiration=None if one.expires_at is None else one.expires_at.isoformat(),
            )
            for one in tokens
        ],
    )


async def _owned(member: Member) -> AffectedPaths:
    pool, subject, workspace = member.context.pool, member.subject, member.workspace
    code = await handing_over.code_below(pool, subject, workspace, member.prefix)
    return AffectedPaths(
        scripts=code.scripts,
        flows=code.flows,
        resources=await _resources(member, ResourceFilter(path_start=member.prefix)),
        variables=await _variables(member, ItemFilter(path_start=member.prefix)),
    )


async def _referencing(member: Member) -> AffectedPaths:
    pool, subject, workspace = member.context.pool, member.subject, member.workspace
    found = await finding.search(pool, subject, workspace, member.prefix, match_case=True, whole_word=False)

    def elsewhere(paths: list[str]) -> list[str]:
        return sorted({path for path in paths if not path.startswith(member.prefix)})

    return AffectedPaths(
        scripts=elsewhere([one.path for one in found if one.kind == "script"]),
        flows=elsewhere([one.path for one in found if one.kind == "flow"]),
        resources=elsewhere(await _resources(member, ResourceFilter(value=member.prefix))),
    )


async def _resources(member: Member, wanted: ResourceFilter) -> list[str]:
    paths: list[str] = []
    while True:
        page = Page(limit=PAGE, offset=len(paths))
        rows = await resources.list_visible(
            member.context.pool, member.subject, member.workspace, wanted, page
        )
        paths.extend(row.path for row in rows)
        if len(rows) < PAGE:
            return paths


async def _variables(member: Member, wanted: ItemFilter) -> list[str]:
    paths: list[str] = []
    while True:
        page = Page(limit=PAGE, offset=len(paths))
        rows = await variables.list_visible(
            member.context.pool, member.subject, member.workspace, wanted, page
        )
        paths.extend(row.path for row in rows)
        if len(rows) < PAGE:
            return paths


async def hand_over(member: Member, place: str, runs_as: str | None, *, leaves: bool) -> OffboardResponse:
    """Moves what lies below their place to ``place``; what ran as them runs as ``runs_as``, or as its callers.

    With ``leaves`` they are no member afterwards. Raises NotFound, InvalidInput.
    """
    context, subject, workspace = member.context, member.subject, member.workspace
    pool = context.pool
    await members.get(pool, workspace, member.username)
    place = await offboarding.require_place(pool, workspace, place, member.username)
    follows = (
        None if runs_as is None else await offboarding.successor(pool, workspace, runs_as, member.username)
    )
    owned = await _owned(member)
    conflicts = await in_the_way(member, place)
    if conflicts:
        return OffboardResponse(conflicts=conflicts)
    leaving = Leaving(f"u/{member.username}", follows)

    def moved(path: str) -> str:
        return f"{place}/{path.removeprefix(member.prefix)}"

    for path in owned.variables:
        await variables.update(
            pool, context.keyring, subject, workspace, path, EditVariable(path=moved(path))
        )
    for path in owned.resources:
        await resources.update(pool, subject, workspace, path, EditResource(path=moved(path)))
    for path in owned.flows:
        await handing_over.hand_flow_over(pool, subject, workspace, path, moved(path), leaving)
    for path in owned.scripts:
        await handing_over.hand_script_over(pool, subject, workspace, path, moved(path), leaving)
    running = await handing_over.code_running_as(pool, workspace, leaving.identity)
    for path in running.scripts:
        await handing_over.hand_script_over(pool, subject, workspace, path, path, leaving)
    for path in running.flows:
        await handing_over.hand_flow_over(pool, subject, workspace, path, path, leaving)
    drafts = await offboarding.finish(pool, subject, workspace, member.username, place)
    if leaves:
        await members.remove(pool, subject, workspace, member.username)
    return OffboardResponse(
        summary=OffboardSummary(
            scripts_reassigned=len(owned.scripts) + len(running.scripts),
            flows_reassigned=len(owned.flows) + len(running.flows),
            resources_reassigned=len(owned.resources),
            variables_reassigned=len(owned.variables),
            drafts_deleted=drafts,
        )
    )


async def in_the_way(member: Member, place: str) -> list[str]:
    """What lies already where something would be moved to."""
    context, subject, workspace = member.context, member.subject, member.workspace
    owned = await _owned(member)

    def moved(paths: list[str]) -> list[str]:
        return [f"{place}/{path.removeprefix(member.prefix)}" for path in paths]

    code = Code(moved(owned.scripts), moved(owned.flows))
    found = await handing_over.taken(context.pool, workspace, code)
    for path in moved(owned.resources):
        if await resources.exists(context.pool, subject, workspace, path):
            found.append(f"resource {path}")
    for path in moved(owned.variables):
        if await variables.exists(context.pool, subject, workspace, path):
            found.append(f"variable {path}")
    return found
