"""What one round of a workflow as code comes to: the script's client library says it, in these words."""

from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw

from postmill.kernel.errors import InvalidInput

MOST_TASKS = 10_000
LONGEST_KEY = 500
LONGEST_WAIT_SECONDS = 2**32 - 1


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A step with a job of its own: a function of the script (``inline``), a deployed script or a flow."""

    key: str
    name: str = ""
    script: str = ""
    args: dict[str, Any] = {}
    dispatch_type: str = "inline"
    timeout: float | None = None  # seconds
    tag: str | None = None
    cache_ttl: float | None = None  # seconds
    priority: int | None = None
    concurrent_limit: int | None = None
    concurrency_key: str | None = None
    concurrency_time_window_s: float | None = None


class Complete(msgspec.Struct, frozen=True, tag_field="type", tag="complete"):
    """The workflow is done, or the task that a job was started for."""

    result: Raw = Raw(b"null")


class Dispatch(msgspec.Struct, frozen=True, tag_field="type", tag="dispatch"):
    """Steps that start now, side by side."""

    steps: list[Task]
    mode: str = "parallel"


class Approval(msgspec.Struct, frozen=True, tag_field="type", tag="approval"):
    """Somebody has to answer within ``timeout`` seconds."""

    key: str
    timeout: float | None = None
    form: Any = None  # a JSON Schema
    description: Any = None  # text, or an object with the member markdown
    skin: str | None = None
    self_approval_disabled: bool | None = False


class Sleep(msgspec.Struct, frozen=True, tag_field="type", tag="sleep"):
    """The workflow goes on after so many seconds."""

    key: str
    seconds: float


class InlineCheckpoint(msgspec.Struct, frozen=True, tag_field="type", tag="inline_checkpoint"):
    """A step that ran within the round, and what it came to."""

    key: str
    result: Raw = Raw(b"null")
    started_at: datetime | None = None
    duration_ms: int | None = None


Round = Complete | Dispatch | Approval | Sleep | InlineCheckpoint
_decoder: msgspec.json.Decoder[Round] = msgspec.json.Decoder(Round)


def read_round(text: str) -> Round:
    """Raises InvalidInput for what no round can come to."""
    try:
        found = _decoder.decode(text)
    except msgspec.DecodeError as error:
        raise InvalidInput(f"the workflow's client library said something unknown: {error}") from None
    steps = found.steps if isinstance(found, Dispatch) else []
    if len(steps) > MOST_TASKS:
        raise InvalidInput(f"a workflow may start {MOST_TASKS} tasks at a time, not {len(steps)}")
    for key in [step.key for step in steps] if steps else [getattr(found, "key", "step")]:
        checked_key(key)
    if isinstance(found, Sleep) and not 0 <= found.seconds <= LONGEST_WAIT_SECONDS:
        raise InvalidInput(f"a workflow cannot sleep for {found.seconds:g} seconds")
    return found


def checked_key(key: str) -> str:
    """Raises InvalidInput for names that no step can have."""
    if not key or len(key) > LONGEST_KEY or "\0" in key:
        raise InvalidInput(f"the name of a workflow's step has 1 to {LONGEST_KEY} characters and no NUL")
    return key


def failure_of(key: str, job: str, result: str) -> str:
    """What a failed task is for the workflow: the client library raises it. ``result`` is that of its job."""
    document = msgspec.json.decode(result)
    error = document.get("error") if isinstance(document, dict) else None
    message = error.get("message") if isinstance(error, dict) else None
    record = {
        "__wmill_error": True,
        "message": str(message or f"task {key} failed"),
        "step_key": key,
        "child_job_id": job,
        "result": document,
    }
    return msgspec.json.encode(record).decode()
