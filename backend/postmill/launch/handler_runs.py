"""The run of a handler for a run that ended: whether there is one, with which arguments, under which id. Pure."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.model.handler import EndedRun, Handler, HandlerKind

TRIGGERS: dict[HandlerKind, str] = {"error": "error_handler", "success": "success_handler"}
NO_ERROR: dict[str, Any] = {"name": "Unknown", "message": "the result was deleted after use"}


def is_wanted(handler: Handler, run: EndedRun) -> bool:
    """Whether the handler hears of this end."""
    if run.is_muted or (run.is_canceled and handler.muted_on_cancel):
        return False
    return not (handler.muted_on_user_path and (run.path or "").startswith("u/"))


def arguments(
    handler: Handler, kind: HandlerKind, workspace_id: str, run: EndedRun, result: str | None
) -> dict[str, Any]:
    """What the handler is told: the run, what came of it, and the arguments that its setting adds."""
    told: dict[str, Any] = {
        "workspace_id": workspace_id,
        "job_id": str(run.id),
        "path": run.path,
        "is_flow": run.is_flow,
        "email": run.email,
        "started_at": None if run.started_at is None else run.started_at.isoformat(),
        "schedule_path": run.schedule_path,
    }
    if kind == "error":
        told["error"] = _error(None if result is None else _without_references(result))
    else:
        told["result"] = None if result is None else msgspec.Raw(_without_references(result).encode())
    return {**told, **json.decode_as(handler.extra_args, dict[str, msgspec.Raw])}


def run_id(ended: UUID, kind: HandlerKind) -> UUID:
    """One id for each end: a second launch of the same is refused as taken. It sorts beside the run that ended."""
    rest = bytearray(sha256(ended.bytes + kind.encode()).digest()[:10])
    rest[0] = rest[0] & 0x0F | 0x70
    rest[2] = rest[2] & 0x3F | 0x80
    return UUID(bytes=ended.bytes[:6] + bytes(rest))


def _without_references(result: str) -> str:
    """The result with a space before every text that begins with ``$``.

    The handler runs with the rights of an admin: what somebody else's run says must not be read as a reference to a
    secret that this admin may see, nor to the token of the handler's run.
    """
    if '"$' not in result and '"\\u' not in result:
        return result
    try:
        return json.encode_text(_plain(json.decode(result)))
    except (InvalidInput, RecursionError):
        return json.encode_text("the result is nested too deeply to be shown here")


def _plain(value: Any) -> Any:
    if isinstance(value, str):
        return f" {value}" if value.startswith("$") else value
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    return value


def _error(result: str | None) -> Any:
    if result is None:
        return NO_ERROR
    try:
        members = json.decode_as(result, dict[str, msgspec.Raw])
    except (InvalidInput, msgspec.DecodeError):
        return msgspec.Raw(result.encode())
    return members.get("error", msgspec.Raw(result.encode()))
