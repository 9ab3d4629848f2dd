"""What a caller decides about one run, and code that is run without being deployed."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec


class RunOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Everything is optional; None leaves it to the runnable's settings."""

    job_id: UUID | None = None
    scheduled_for: datetime | None = None
    scheduled_in_secs: int | None = None
    parent_job: UUID | None = None
    root_job: UUID | None = None
    tag: str | None = None
    timeout: int | None = None  # seconds
    cache_ttl: int | None = None  # seconds
    priority: int | None = None
    invisible_to_owner: bool = False
    queue_limit: int | None = None
    skip_preprocessor: bool = False
    trigger_kind: str | None = None
    trigger: str | None = None
    reply_channel: str | None = None
    scopes: tuple[str, ...] | None = None
    retry: Any = None  # a retry policy, see model/retry_policy
    delete_after_secs: int | None = None
    end_user_email: str | None = None
    memory_id: UUID | None = None  # the conversation that a flow with chat input goes on with


STORED_IMPORTS = "_TEMP_SCRIPT_REFS"
"""Among the arguments of a test: the SHA-256 of stored code by the path at which imports find it."""


class Preview(msgspec.Struct, frozen=True, kw_only=True):
    """Code to run once, with its arguments. Without a lock the worker resolves its dependencies first."""

    content: str
    language: str
    args: dict[str, Any] = {}
    path: str | None = None
    tag: str | None = None
    lock: str | None = None
    entrypoint: str | None = None
    stored_imports: dict[str, str] = {}


class RawScript(msgspec.Struct, frozen=True, kw_only=True):
    """Code whose dependencies are to be resolved; the result of that job is ``{"lock": text}``.

    ``requirements`` replaces the workspace's default requirements file; ``sources`` gives code by path that imports
    find before what is deployed.
    """

    content: str
    language: str
    path: str | None = None
    entrypoint: str | None = None
    requirements: str | None = None
    sources: dict[str, str] = {}


class RawFlow(msgspec.Struct, frozen=True, kw_only=True):
    """A flow whose inline code is to be locked; the result of that job is ``{"updated_flow_value": {...}}``.

    ``requirements`` are workspace files by language that replace what is deployed, ``sources`` as in ``RawScript``.
    """

    value: msgspec.Raw
    path: str | None = None
    requirements: dict[str, str] = {}
    sources: dict[str, str] = {}


class FlowPreview(msgspec.Struct, frozen=True, kw_only=True):
    """A flow (the ``value`` of an OpenFlow document) to run once, with its arguments."""

    value: msgspec.Raw
    args: dict[str, Any] = {}
    path: str | None = None
    tag: str | None = None
