"""From the JSON arguments of a job to the arguments of a function, by what the function declares."""

import base64
import inspect
from datetime import date, datetime
from typing import Any

_DATE_FORMATS = ("%Y-%m-%d", "%d-%m-%Y", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d")
_EVALUATED_BY_PYTHON = "<function call>"


def arguments_for(function: Any, args: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments: declared ones only, unless the function takes ``**anything``.

    One with a default is left out when it is null or missing; one without is None when missing.
    """
    positional: list[Any] = []
    named: dict[str, Any] = {}
    rest = dict(args)
    takes_rest = False
    for parameter in inspect.signature(function).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            takes_rest = True
            continue
        if parameter.kind is parameter.VAR_POSITIONAL:
            continue
        value = rest.pop(parameter.name, None)
        if value == _EVALUATED_BY_PYTHON:
            value = None
        if value is None and parameter.default is not parameter.empty:
            if parameter.kind is parameter.POSITIONAL_ONLY:
                positional.append(parameter.default)
            continue
        value = converted(value, parameter.annotation)
        if parameter.kind is parameter.POSITIONAL_ONLY:
            positional.append(value)
        else:
            named[parameter.name] = value
    if takes_rest:
        named.update(rest)
    return positional, named


def converted(value: Any, annotation: Any) -> Any:
    """Text becomes bytes (from base64), a datetime or a date where the annotation asks for it."""
    if not isinstance(value, str) or annotation is inspect.Parameter.empty or annotation is str:
        return value
    kind = _text_kind(annotation)
    if kind == "bytes":
        return base64.b64decode(value)
    if kind == "datetime":
        return datetime.fromisoformat(value.replace("Z", "+00:00") if value.endswith("Z") else value)
    if kind == "date":
        return _parse_date(value)
    return value


_KINDS: dict[Any, str] = {bytes: "bytes", datetime: "datetime", date: "date"}
_NAMED = {
    "bytes": "bytes", "datetime": "datetime", "datetime.datetime": "datetime", "date": "date",
    "datetime.date": "date",
}  # fmt: skip


def _text_kind(annotation: Any) -> str | None:
    if isinstance(annotation, str):
        name = annotation.strip()
        if name.startswith("Optional[") and name.endswith("]"):
            name = name[len("Optional[") : -1].strip()
        parts = [part.strip() for part in name.split("|")]
        parts = [part for part in parts if part != "None"]
        return _NAMED.get(parts[0]) if len(parts) == 1 else None
    try:
        if annotation in _KINDS:
            return _KINDS[annotation]
    except TypeError:
        return None
    members = [member for member in getattr(annotation, "__args__", ()) if member is not type(None)]
    is_union = getattr(annotation, "__origin__", None) is not list and len(members) == 1
    return _KINDS.get(members[0]) if is_union and type(None) in annotation.__args__ else None


def _parse_date(text: str) -> date:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00") if text.endswith("Z") else text).date()
    except ValueError:
        pass
    for pattern in _DATE_FORMATS:
        try:
            return datetime.strptime(text, pattern).date()
        except ValueError:
            continue
    raise ValueError(f"{text!r} is not a date; YYYY-MM-DD is expected")
