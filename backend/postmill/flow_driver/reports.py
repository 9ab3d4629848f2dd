"""From how a child ended to what its flow is told. Pure."""

import msgspec

from postmill.flow_logic.events import ChildEnded
from postmill.flow_logic.state import End
from postmill.model.job import ClaimedJob, Ended, JobStatus
from postmill.queue.results import is_long

LOST = "WorkerLost"
_members = msgspec.json.Decoder(dict[str, msgspec.Raw])


class _Named(msgspec.Struct):
    name: str = ""


class _Failed(msgspec.Struct):
    error: _Named


def child_ended(
    key: tuple[str, int, int], status: JobStatus, result: str, chance: float, end: End | None = None
) -> ChildEnded:
    """``key``: step, attempt, index. ``end`` is that of a child that is a flow. ``chance``: see the event."""
    step, attempt, index = key
    success = status in ("success", "skipped")
    return ChildEnded(
        step=step,
        attempt=attempt,
        index=index,
        success=success,
        skipped=status == "skipped",
        canceled=status == "canceled",
        lost=not success and _is_lost(result),
        stopped=end is not None and end.stopped,
        handled=end is not None and end.handled,
        recovered=success and asks_to_recover(result),
        superseded=status == "skipped" and end is None,
        chance=chance,
    )


def is_decided_here(job: ClaimedJob, ended: Ended) -> bool:
    """Whether the end of a step is stored together with what follows from it; long results go a way of their own."""
    return job.flow_step_id is not None and ended.result is not None and not is_long(ended.result)


def asks_to_recover(result: str) -> bool:
    """Whether the result of a failure module is an object with ``recover: true``."""
    if '"recover"' not in result or result.lstrip()[:1] != "{":
        return False
    try:
        return bytes(_members.decode(result).get("recover", msgspec.Raw(b""))) == b"true"
    except msgspec.DecodeError:
        return False


def _is_lost(result: str) -> bool:
    if LOST not in result:
        return False
    try:
        return msgspec.json.decode(result, type=_Failed).error.name == LOST
    except msgspec.DecodeError:
        return False


def with_step_id(result: str, step_id: str) -> str:
    """A failed result whose error names the step."""
    try:
        members = _members.decode(result)
        error = _members.decode(members["error"])
    except (msgspec.DecodeError, KeyError):
        return result
    if "step_id" in error or "wm_failure" in members:
        return result
    error["step_id"] = msgspec.Raw(msgspec.json.encode(step_id))
    members["error"] = msgspec.Raw(msgspec.json.encode(error))
    return msgspec.json.encode(members).decode()
