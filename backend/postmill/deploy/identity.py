"""What makes a version the version it is: its hash covers every member that a run or a reader can notice."""

import hashlib
from typing import Any

from postmill.kernel import json
from postmill.model.script import Script


def meaning(script: Script) -> bytes:
    """Everything that a client can change, in one canonical form; equal meanings are the same deployment."""
    return json.encode(_members(script))


def version_hash(script: Script) -> int:
    """The signed 64-bit hash of a version: its meaning, its place, its lock when it was given, and its parent."""
    content = json.encode(
        [script.workspace_id, _members(script), script.lock, list(script.parent_hashes[:1])]
    )
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "big", signed=True)


def _members(script: Script) -> list[Any]:
    return [
        script.path,
        script.summary,
        script.description,
        script.content,
        script.language,
        script.kind,
        None if script.schema is None else json.decode(script.schema),
        None if script.modules is None else json.decode(script.modules),
        script.is_template,
        script.settings,
    ]
