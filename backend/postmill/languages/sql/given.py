"""What arguments become for clients that write values into the code or send them without types. Pure."""

import base64
from datetime import UTC, datetime
from typing import Any

from postmill.kernel import json
from postmill.languages.sql.failure import SqlFailed
from postmill.signatures.signature import Bytes, Datetime, Float, Int
from postmill.signatures.sql_script import SqlArg


def sent(arg: SqlArg, value: Any) -> Any:
    """Numbers for declared numbers, bytes for base64, moments in UTC, JSON text for objects and lists.

    Raises SqlFailed with a sentence that names the argument, never its value.
    """
    if isinstance(value, float) and value - value != 0:
        raise SqlFailed(f"the argument {arg.name} is no finite number")
    if isinstance(value, dict | list):
        return json.encode_text(value)
    if not isinstance(value, str):
        return value
    try:
        return _of_text(arg, value)
    except ValueError:
        raise SqlFailed(f"the argument {arg.name} cannot be a value of the type {arg.type_name}") from None


def _of_text(arg: SqlArg, text: str) -> Any:
    match arg.type:
        case Int():
            return int(text) if text.strip() else None
        case Float():
            return float(text) if text.strip() else None
        case Bytes():
            return base64.b64decode(text, validate=True)
        case Datetime() if arg.type_name != "time":
            return moment(arg, text)
    return text


def moment(arg: SqlArg, text: str) -> str:
    """An ISO 8601 moment as SQL writes it, in UTC where it names an offset; other texts as they are."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        return text
    if found.tzinfo is not None:
        found = found.astimezone(UTC).replace(tzinfo=None)
    return found.date().isoformat() if arg.type_name == "date" else found.isoformat(sep=" ")
