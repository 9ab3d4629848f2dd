"""Code of somebody who leaves: moved into another place, and run as somebody else where it ran as them."""

from dataclasses import dataclass

from msgspec.structs import replace

from postmill.db.pool import Connection
from postmill.deploy import following
from postmill.deploy.create import continued, create_script
from postmill.deploy.deployed import FLOWS, SCRIPTS
from postmill.deploy.flow_create import update_flow
from postmill.kernel import json
from postmill.model.subject import Subject
from postmill.tables.items import flow, script

REMARK = "handed over"


@dataclass(frozen=True)
class Leaving:
    """``identity`` (``u/alice``) is who leaves; ``successor`` as whom code runs that ran as them, None: its callers."""

    identity: str
    successor: tuple[str, str] | None  # identity and address


@dataclass(frozen=True)
class Code:
    """Paths of scripts and flows."""

    scripts: list[str]
    flows: list[str]


async def code_below(connection: Connection, subject: Subject, workspace: str, prefix: str) -> Code:
    """All that is live and lies below a place."""
    found = [await kind.list_paths(connection, subject, workspace) for kind in (SCRIPTS, FLOWS)]
    return Code(*([path for path in paths if path.startswith(prefix)] for paths in found))


async def code_running_as(connection: Connection, workspace: str, identity: str) -> Code:
    """All that is live and runs as an identity, whoever starts it."""
    return Code(
        await script.running_as(connection, workspace, identity),
        await flow.running_as(connection, workspace, identity),
    )


async def taken(connection: Connection, workspace: str, code: Code) -> list[str]:
    """Those of the paths at which there is something, archived or not."""
    scripts = [path for path in code.scripts if await script.head(connection, workspace, path) is not None]
    flows = [path for path in code.flows if await flow.head(connection, workspace, path) is not None]
    return [*(f"script {path}" for path in scripts), *(f"flow {path}" for path in flows)]


async def take_archived_along(connection: Connection, workspace: str, place: str, new_place: str) -> None:
    """What is archived below one place (with its last slash) lies below another, unless something is there already.

    Else whoever gets the old name next would find it at their place, and own it.
    """
    for path in await script.move_archived(connection, workspace, place, new_place):
        await script.notify_changed(connection, workspace, path)
    await flow.move_archived(connection, workspace, place, new_place)


async def hand_script_over(
    connection: Connection, subject: Subject, workspace: str, path: str, new_path: str, leaving: Leaving
) -> None:
    """As a new version, with its history; what imports it or runs it as a step follows."""
    head = await SCRIPTS.by_path(connection, subject, workspace, path)
    version = replace(continued(head, new_path), deployment_message=REMARK, skip_draft_deletion=True)
    if head.settings.on_behalf_of == leaving.identity:
        identity, email = leaving.successor or (None, None)
        version = replace(version, on_behalf_of=identity, on_behalf_of_email=email)
    await create_script(connection, subject, workspace, version)
    if new_path != path:
        await following.follow(connection, subject, workspace, path, new_path, REMARK)


async def hand_flow_over(
    connection: Connection, subject: Subject, workspace: str, path: str, new_path: str, leaving: Leaving
) -> None:
    """As a new version, with its history."""
    head = await FLOWS.by_path(connection, subject, workspace, path)
    version = replace(following.next_version(head, json.decode(head.value), REMARK), path=new_path)
    if head.settings.on_behalf_of == leaving.identity:
        identity, email = leaving.successor or (None, None)
        version = replace(version, on_behalf_of=identity, on_behalf_of_email=email)
    await update_flow(connection, subject, workspace, path, version)
