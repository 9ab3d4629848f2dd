"""A draft: what somebody has written and not deployed yet."""

from datetime import datetime
from typing import Annotated, Literal, get_args

import msgspec

DraftKind = Literal[
    "script", "flow", "app", "raw_app", "resource", "variable", "trigger_schedule", "trigger_webhook",
    "trigger_default_email", "trigger_email", "trigger_http", "trigger_websocket", "trigger_postgres",
    "trigger_kafka", "trigger_nats", "trigger_mqtt", "trigger_amqp", "trigger_sqs", "trigger_gcp",
    "trigger_azure", "trigger_poll", "trigger_cli", "trigger_nextcloud", "trigger_google", "trigger_github",
    "data_pipeline",
]  # fmt: skip
DRAFT_KINDS: tuple[str, ...] = get_args(DraftKind)


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """``value`` is JSON as text, in the shape of the item's create request."""

    workspace_id: str
    email: str
    username: str
    kind: str
    path: str
    value: str
    saved_at: datetime


class SaveDraft(msgspec.Struct, frozen=True, kw_only=True):
    """``last_sync`` is the time of the draft that the editor started from, to notice other windows."""

    value: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    last_sync: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    force: bool = False
    legacy: bool = False
    created_at: datetime | None = None


class DraftAuthor(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who else has a draft of an item, and since when."""

    username: str
    draft_saved_at: datetime | msgspec.UnsetType = msgspec.UNSET
