"""Settings of the whole instance: encrypted at rest, for superadmins.

``create_workspace_require_superadmin`` (default true) decides who may make workspaces. Other names are kept as they are
set, for clients that carry the settings of an instance from one place to another.
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
from postmill.tables import audit, global_setting

_NAME = re.compile(r"[a-z][a-z0-9_]{0,99}")
ONLY_SUPERADMINS_MAKE_WORKSPACES = "create_workspace_require_superadmin"
_KINDS: dict[str, type] = {ONLY_SUPERADMINS_MAKE_WORKSPACES: bool}


async def get(pool: Pool, keyring: Keyring, name: str) -> Any:
    """The value; None where it is not set."""
    return await global_setting.get(pool, keyring, _parse_name(name))


async def list_all(pool: Pool, keyring: Keyring) -> list[tuple[str, Any]]:
    """Every setting by name."""
    return await global_setting.list_all(pool, keyring)


async def put(pool: Pool, keyring: Keyring, subject: Subject, name: str, value: Any) -> None:
    """Set it; None removes it. Raises InvalidInput for a value of the wrong kind."""
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
        _parse_name(name)
        kind = _KINDS.get(name)
        if kind is not None and value is not None and not isinstance(value, kind):
            raise InvalidInput(f"Bad request: setting {name} takes a {kind.__name__}")
    for name, config in worker_configs.items():
        fleet.require_group_name(name)
        fleet.require_config(config)
    async with pool.acquire() as connection, connection.transaction():
        for name, value in values.items():
            await global_setting.put(connection, keyring, name, value, subject.email)
            details = {"removed": value is None}
            await audit.record(connection, subject, "settings.set", "Updated", name, details)
        for name, config in worker_configs.items():
            await fleet.put_group_in(connection, subject, name, json.encode_text(config))


async def workspaces_are_open(pool: Pool, keyring: Keyring) -> bool:
    """Whether everybody may make workspaces."""
    return await get(pool, keyring, ONLY_SUPERADMINS_MAKE_WORKSPACES) is False


def _parse_name(name: str) -> str:
    if _NAME.fullmatch(name) is None:
        raise InvalidInput("Bad request: a setting's name has lower-case letters, digits and _")
    return name
