"""Scripts in the form in which clients know them."""

from typing import Any

from msgspec import Raw, to_builtins

from postmill.kernel.ids import format_hash
from postmill.model.script import Script, ScriptVersion


def document(script: Script, *, is_starred: bool = False, with_description: bool = True) -> dict[str, Any]:
    """A version with its settings; members without a value are left out, as strict clients expect."""
    shown: dict[str, Any] = {
        "workspace_id": script.workspace_id,
        "hash": format_hash(script.hash),
        "path": script.path,
        "parent_hashes": [format_hash(parent) for parent in script.parent_hashes],
        "summary": script.summary,
        "description": script.description if with_description else "",
        "content": script.content,
        "created_by": script.created_by,
        "created_at": script.created_at,
        "archived": script.archived,
        "deleted": script.deleted,
        "is_template": script.is_template,
        "extra_perms": script.extra_perms,
        "language": script.language,
        "kind": script.kind,
        "starred": is_starred,
        "has_preprocessor": script.has_preprocessor,
    }
    optional = {
        "schema": None if script.schema is None else Raw(script.schema.encode()),
        "modules": None if script.modules is None else Raw(script.modules.encode()),
        "lock": script.lock,
        "lock_error_logs": script.lock_error_logs,
        "auto_kind": script.auto_kind,
        "deployment_message": script.deployment_message,
    }
    shown.update({name: value for name, value in optional.items() if value is not None})
    shown.update(to_builtins(script.settings))
    return shown


def version_document(version: ScriptVersion) -> dict[str, Any]:
    """A line of the history; author, time and path are ours."""
    shown: dict[str, Any] = {
        "script_hash": format_hash(version.hash),
        "created_by": version.created_by,
        "created_at": version.created_at,
        "path": version.path,
    }
    if version.deployment_message is not None:
        shown["deployment_msg"] = version.deployment_message
    return shown
