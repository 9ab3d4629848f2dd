"""The protection rules of a workspace, as its admins set them."""

import re

from postmill.db.pool import Pool
from postmill.kernel.errors import Conflict, InvalidInput, NotFound
from postmill.model.protection_rule import ProtectionRule
from postmill.model.subject import Subject
from postmill.tables.instance import audit
from postmill.tables.workspaces import protection_rule

MOST_RULES = 50
MOST_EXCEPTIONS = 200
_NAME = re.compile(r"[^\x00-\x1f\x7f/]{1,100}")
_EXCEPTED = re.compile(r"[\w./@+-]{1,255}")


async def list_all(pool: Pool, workspace_id: str) -> list[ProtectionRule]:
    """By name; every member may know what holds for them."""
    return await protection_rule.list_all(pool, workspace_id)


async def create(pool: Pool, subject: Subject, workspace_id: str, rule: ProtectionRule) -> None:
    """Raises Conflict for a taken name."""
    _require_sound(rule)
    async with pool.acquire() as connection, connection.transaction():
        if len(await protection_rule.list_all(connection, workspace_id)) >= MOST_RULES:
            raise InvalidInput(f"Bad request: a workspace has at most {MOST_RULES} protection rules")
        if not await protection_rule.insert(connection, workspace_id, rule):
            raise _taken(rule.name)
        details = {"rules": rule.rules}
        await audit.record(
            connection, subject, "workspaces.create_protection_rule", "Created", rule.name, details
        )


async def update(pool: Pool, subject: Subject, workspace_id: str, name: str, rule: ProtectionRule) -> None:
    """Raises NotFound, and Conflict where it would get another's name."""
    _require_sound(rule)
    async with pool.acquire() as connection, connection.transaction():
        known = {one.name for one in await protection_rule.list_all(connection, workspace_id)}
        if rule.name != name and rule.name in known:
            raise _taken(rule.name)
        if not await protection_rule.update(connection, workspace_id, name, rule):
            raise _missing(name)
        details = {"rules": rule.rules}
        await audit.record(
            connection, subject, "workspaces.update_protection_rule", "Updated", rule.name, details
        )


async def delete(pool: Pool, subject: Subject, workspace_id: str, name: str) -> None:
    """Raises NotFound."""
    async with pool.acquire() as connection, connection.transaction():
        if not await protection_rule.delete(connection, workspace_id, name):
            raise _missing(name)
        await audit.record(connection, subject, "workspaces.delete_protection_rule", "Delete", name)


def _require_sound(rule: ProtectionRule) -> None:
    if _NAME.fullmatch(rule.name) is None:
        raise InvalidInput(
            "Bad request: the name of a protection rule has 1 to 100 printable characters and no /"
        )
    for names in (rule.bypass_groups, rule.bypass_users):
        if len(names) > MOST_EXCEPTIONS or not all(_EXCEPTED.fullmatch(name) for name in names):
            raise InvalidInput(
                f"Bad request: bypass_groups and bypass_users are at most {MOST_EXCEPTIONS} names each"
            )


def _taken(name: str) -> Conflict:
    return Conflict(f"Bad request: there is a protection rule {name!r} already")


def _missing(name: str) -> NotFound:
    return NotFound(f"Not found: there is no protection rule {name[:100]!r}")
