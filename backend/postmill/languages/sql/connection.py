"""Reads the members of a connection's value, with sentences for what is wrong. Values never appear in them. Pure."""

from collections.abc import Mapping
from typing import Any

from postmill.languages.sql.failure import SqlFailed


def text(database: Mapping[str, Any], *names: str, default: str | None = None) -> str:
    """The first of the members that holds something. Raises SqlFailed where none does and there is no default."""
    for name in names:
        value = database.get(name)
        if value is None or value == "":
            continue
        if not isinstance(value, str | int | float) or isinstance(value, bool):
            raise SqlFailed(f"the member {name} of the database connection must be a text")
        return str(value)
    if default is None:
        raise SqlFailed(f"the database connection has no {names[0]}")
    return default


def host(database: Mapping[str, Any]) -> str:
    """A name or address: never a socket of this machine, which jobs could not reach by themselves."""
    name = text(database, "host")
    if name.startswith(("/", "@", ".")) or "\0" in name or any(letter.isspace() for letter in name):
        raise SqlFailed("the host of the database connection must be a name or an address")
    return name


def port(database: Mapping[str, Any], default: int) -> int:
    value = database.get("port")
    if value is None or value == "":
        return default
    if isinstance(value, str) and value.strip().isdigit():
        value = int(value)
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 65536:
        raise SqlFailed("the port of the database connection must be a number between 1 and 65535")
    return value


def flag(database: Mapping[str, Any], name: str, *, default: bool) -> bool:
    value = database.get(name)
    if value is None or value == "":
        return default
    if not isinstance(value, bool):
        raise SqlFailed(f"the member {name} of the database connection must be true or false")
    return value
