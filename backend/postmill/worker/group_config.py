"""Which tags a worker serves and which variables its jobs get, by the config of its group."""

from collections.abc import Mapping
from typing import Any

import msgspec

from postmill.db.pool import Connection
from postmill.kernel import json
from postmill.languages.registry import LANGUAGES
from postmill.tables.instance import worker_group

CHANNEL = "worker_group_changed"
OTHER_TAGS = ("dependency", "flow", "other")


class GroupConfig(msgspec.Struct, frozen=True):
    """The members of a group's config that have an effect, as on the wire."""

    worker_tags: list[str] | None = None
    env_vars_static: dict[str, str] | None = None
    env_vars_allowlist: list[str] | None = None


def default_tags() -> list[str]:
    """What a group without a list of its own serves: every language, and jobs that resolve dependencies."""
    return [*dict.fromkeys(language.default_tag for language in LANGUAGES), *OTHER_TAGS]


def parse_config(text: str | None) -> GroupConfig:
    """Raises InvalidInput for members of the wrong type; others are nobody's business."""
    if text is None:
        return GroupConfig()
    members: Any = json.decode(text)
    if not isinstance(members, dict):
        return GroupConfig()
    present = {name: value for name, value in members.items() if value is not None}
    return json.decode_as(json.encode(present), GroupConfig)


async def load_config(connection: Connection, group: str) -> GroupConfig:
    """The present config of the group; that of an unknown group is empty."""
    return parse_config(await worker_group.get(connection, group))


def variables_of(config: GroupConfig, environment: Mapping[str, str]) -> dict[str, str]:
    """What jobs find in their environment: the group's own values, and those that its workers were started with."""
    taken = {
        name: _as_text(environment[name]) for name in config.env_vars_allowlist or () if name in environment
    }
    return {**taken, **(config.env_vars_static or {})}


def _as_text(value: str) -> str:
    """Without the bytes that are no UTF-8: the orders of a process are JSON."""
    return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def tags_of(config: GroupConfig, chosen: tuple[str, ...]) -> list[str]:
    """The tags to serve: those of the operator's setting, else the group's, else all."""
    return list(dict.fromkeys(chosen or config.worker_tags or default_tags()))
