"""What refers to a script follows it to its new path: each script and flow as a new version of its own."""

import posixpath
from collections.abc import Awaitable, Callable
from typing import Any, Literal

from msgspec import UNSET, Raw, Struct
from msgspec.structs import fields, replace

from postmill.access.paths import ItemPath
from postmill.access.policy import not_found, require_developer
from postmill.db.pool import Connection
from postmill.deploy import finding
from postmill.deploy.create import continued, create_script
from postmill.deploy.deployed import FLOWS, SCRIPTS
from postmill.deploy.flow_create import update_flow
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, PostmillError
from postmill.model.flow_document import FlowDocument, FlowSettings, NewFlow
from postmill.model.script import NewScript, Script, ScriptModule
from postmill.model.subject import Subject
from postmill.signatures.moved_imports import Move, follow_move
from postmill.signatures.signature import InvalidSignature


class Followed(Struct, frozen=True, kw_only=True):
    """A script or flow after the attempt; ``reason`` says why it stays as it was, and is empty where it follows."""

    kind: Literal["script", "flow"]
    path: str
    reason: str = ""


class Outcome(Struct, frozen=True):
    updated: list[Followed]
    left: list[Followed]


async def follow(
    connection: Connection, subject: Subject, workspace: str, old: str, new: str, message: str
) -> Outcome:
    """Changes imports and steps that mean ``old`` so that they mean ``new``, as far as the subject may write.

    The script at ``new`` is among what changes: its own relative imports were written at ``old``. Calls by text
    (``run_script("f/a/b")``) and what the subject may not write are told in ``left``. Can be repeated. Raises NotFound
    where no script is at ``new``, InvalidInput.
    """
    require_developer(subject)
    target = ItemPath.parse(new).text
    if target == old:
        raise InvalidInput(f"Bad request: nothing moves: both paths are {old}")
    head = await SCRIPTS.by_path(connection, subject, workspace, target)
    if head.archived:
        raise not_found("script", target)
    work: list[tuple[Literal["script", "flow"], str, Move]] = [
        ("script", target, Move(old, target, old, target))
    ]
    left: dict[tuple[str, str], Followed] = {}
    for one in await finding.references(connection, subject, workspace, old):
        if one.how == "mention":
            words = "Names the old path in a text; change it by hand"
            left[one.kind, one.path] = Followed(kind=one.kind, path=one.path, reason=words)
        elif (one.kind, one.path) != ("script", target):
            work.append((one.kind, one.path, Move(old, target, one.path, one.path)))
    updated: list[Followed] = []
    remark = message or f"Follows {old} to {target}"
    for kind, path, move in work:
        change = _follow_script if kind == "script" else _follow_flow
        reason, is_changed = await _tried(lambda: change(connection, subject, workspace, move, remark))  # noqa: B023
        if is_changed:
            updated.append(Followed(kind=kind, path=path))
        elif reason:
            left[kind, path] = Followed(kind=kind, path=path, reason=reason)
    return Outcome(updated, sorted(left.values(), key=lambda one: (one.kind, one.path)))


async def _tried(change: Callable[[], Awaitable[bool]]) -> tuple[str, bool]:
    """The reason why nothing changed, and whether something did."""
    try:
        return "", await change()
    except InvalidSignature as error:
        return f"Its code cannot be read: {error}", False
    except PostmillError as error:
        return error.message, False


async def _follow_script(
    connection: Connection, subject: Subject, workspace: str, move: Move, remark: str
) -> bool:
    head = await SCRIPTS.by_path(connection, subject, workspace, move.after)
    if head.archived:
        return False
    changed = _changed(head, continued(head, move.after), move)
    if changed is None:
        return False
    await create_script(
        connection, subject, workspace, replace(changed, deployment_message=remark, skip_draft_deletion=True)
    )
    return True


def _changed(head: Script, version: NewScript, move: Move) -> NewScript | None:
    """None where nothing changes. Files beside the main one import from where they lie."""
    content = follow_move(head.content, head.language, move)
    modules = version.modules
    if modules is not None:
        modules = {name: _changed_module(name, module, move) for name, module in modules.items()}
    if content == head.content and modules == version.modules:
        return None
    return replace(version, content=content, modules=modules)


def _changed_module(name: str, module: ScriptModule, move: Move) -> ScriptModule:
    beside = posixpath.splitext(name)[0]
    before = posixpath.join(posixpath.dirname(move.before), beside)
    after = posixpath.join(posixpath.dirname(move.after), beside)
    content = follow_move(module.content, module.language, Move(move.old, move.new, before, after))
    return replace(module, content=content)


async def _follow_flow(
    connection: Connection, subject: Subject, workspace: str, move: Move, remark: str
) -> bool:
    head = await FLOWS.by_path(connection, subject, workspace, move.after)
    if head.archived:
        return False
    before = json.decode(head.value)
    after = _followed_value(before, move)
    if after == before:
        return False
    await update_flow(connection, subject, workspace, head.path, next_version(head, after, remark))
    return True


def _followed_value(value: Any, move: Move) -> Any:
    """A flow's value with the steps and inline code that follow; what steps are given as inputs stays."""
    if isinstance(value, list):
        return [_followed_value(item, move) for item in value]
    if not isinstance(value, dict):
        return value
    step = value.get("value")
    if isinstance(value.get("id"), str) and isinstance(step, dict):
        value = {**value, "value": _followed_step(step, move)}
    return {
        name: item if name == "input_transforms" else _followed_value(item, move)
        for name, item in value.items()
    }


def _followed_step(step: dict[str, Any], move: Move) -> dict[str, Any]:
    """A step that names a version of the script keeps it, with its path."""
    if step.get("type") == "script" and step.get("path") == move.old and not step.get("hash"):
        return {**step, "path": move.new}
    if step.get("type") == "rawscript" and isinstance(step.get("content"), str):
        return {**step, "content": follow_move(step["content"], str(step.get("language") or ""), move)}
    return step


def next_version(head: FlowDocument, value: Any, remark: str) -> NewFlow:
    """A flow's document as a request that deploys it with this value."""
    settings = {item.name: getattr(head.settings, item.name) for item in fields(FlowSettings)}
    return NewFlow(
        value=Raw(json.encode(value)),
        path=head.path,
        summary=head.summary,
        description=head.description,
        schema=UNSET if head.schema is None else Raw(head.schema.encode()),
        deployment_message=remark,
        skip_draft_deletion=True,
        preserve_on_behalf_of=True,
        **settings,
    )
