"""Settings of the whole instance: encrypted at rest, for superadmins.

Every setting has an effect; one that would have none is refused, unless it is empty:

- ``create_workspace_require_superadmin`` (default true) decides who may make workspaces;
- ``retention_period_secs`` (default: what the server was started with) is how long completed jobs are kept, 0 for ever.
"""

import re
from collections.abc import Mapping
from typing import Any

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput
from postmill.model.subject import Subject
from postmill.queue import fleet
from postmill.tables.instance import audit, global_setting

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
ONLY_SUPERADMINS_MAKE_WORKSPACES = "create_workspace_require_superadmin"
RETENTION = "retention_period_secs"
LONGEST_RETENTION = 100 * 366 * 24 * 3600
_KINDS: dict[str, type] = {ONLY_SUPERADMINS_MAKE_WORKSPACES: bool, RETENTION: int}


async def get(pool: Pool, keyring: Keyring, name: str) -> Any:
    """The value; None where it is not set."""
    return await global_setting.get(pool, keyring, name) if _parse_name(name) in _KINDS else None


async def list_all(pool: Pool, keyring: Keyring) -> list[tuple[str, Any]]:
    """Every setting by name; what earlier versions kept without an effect is none."""
    return [one for one in await global_setting.list_all(pool, keyring) if one[0] in _KINDS]


async def put(pool: Pool, keyring: Keyring, subject: Subject, name: str, value: Any) -> None:
    """Set it; None removes it. Raises InvalidInput for a value of the wrong kind, and for what has no effect."""
    await put_all(pool, keyring, subject, {name: value}, {})


async def put_all(
    pool: Pool,
    keyring: Keyring,
    subject: Subject,
    values: Mapping[str, Any],
    worker_configs: Mapping[str, Any],
) -> None:
    """Set several at once, with configs of worker groups, or nothing where one of them cannot be set."""
    for name, value in values.items():
        _require_value(_parse_name(name), value)
    for name, config in worker_configs.items():
        fleet.require_group_name(name)
        fleet.require_config(config)
    async with pool.acquire() as connection, connection.transaction():
        for name, value in values.items():
            if name not in _KINDS:
                value = None
            await global_setting.put(connection, keyring, name, value, subject.email)
            details = {"removed": value is None}
            await audit.record(connection, subject, "settings.set", "Updated", name, details)
        for name, config in worker_configs.items():
            await fleet.put_group_in(connection, subject, name, json.encode_text(config))


async def workspaces_are_open(pool: Pool, keyring: Keyring) -> bool:
    """Whether everybody may make workspaces."""
    return await get(pool, keyring, ONLY_SUPERADMINS_MAKE_WORKSPACES) is False


async def retention_seconds(pool: Pool, keyring: Keyring) -> int | None:
    """How long completed jobs are kept, 0 for ever; None where the instance does not say."""
    found = await get(pool, keyring, RETENTION)
    return found if isinstance(found, int) else None


def _require_value(name: str, value: Any) -> None:
    if name not in _KINDS:
        if value:
            raise InvalidInput(
                f"Bad request: setting {name} has no effect here; what has: {', '.join(_KINDS)}; "
                "the rest is set where the server is started"
            )
        return
    kind = _KINDS[name]
    if value is not None and type(value) is not kind:
        raise InvalidInput(f"Bad request: setting {name} takes a {kind.__name__}")
    if name == RETENTION and isinstance(value, int) and not 0 <= value <= LONGEST_RETENTION:
        raise InvalidInput(f"Bad request: {name} lies between 0, for ever, and {LONGEST_RETENTION} seconds")


def _parse_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise InvalidInput("Bad request: a setting's name has lower-case letters, digits and _")
    return name
