"""From the JSON arguments of a job to the arguments of a function, by what the function declares."""

import base64
import types
from datetime import date, datetime
from typing import Any

_DATE_FORMATS = ("%Y-%m-%d", "%d-%m-%Y", "%Y/%m/%d", "%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%Y%m%d")
_EVALUATED_BY_PYTHON = "<function call>"


def arguments_for(function: Any, args: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """Positional and named arguments: declared ones only, unless the function takes ``**anything``.

    One with a default is left out when it is null or missing; one without is None when missing.
    Raises ValueError, with the name of the argument, for text that is not what its annotation asks for.
    """
    positional: list[Any] = []
    named: dict[str, Any] = {}
    rest = dict(args)
    for name, kind, default, annotation in _parameters(function):
        if kind == "rest":
            named.update(rest)
            break
        value = rest.pop(name, None)
        if value == _EVALUATED_BY_PYTHON:
            value = None
        if value is None and default is not _MISSING:
            if kind == "positional":
                positional.append(default)
            continue
        try:
            value = converted(value, annotation)
        except ValueError as error:
            raise ValueError(f"the argument {name!r} is wrong: {error}") from None
        if kind == "positional":
            positional.append(value)
        else:
            named[name] = value
    return positional, named


_MISSING: Any = object()
_Parameter = tuple[str, str, Any, Any]  # name, kind ("positional", "named", "rest" last), default, annotation


def _parameters(function: Any) -> list[_Parameter]:
    """What the function declares. A plain function is read directly: ``inspect`` would touch fifty pages more."""
    if type(function) is not types.FunctionType or hasattr(function, "__wrapped__"):
        return _inspected(function)
    code, annotations = function.__code__, function.__annotations__
    count, only_positional = code.co_argcount, code.co_posonlyargcount
    defaults = function.__defaults__ or ()
    first_default = count - len(defaults)
    found: list[_Parameter] = []
    for position, name in enumerate(code.co_varnames[:count]):
        default = defaults[position - first_default] if position >= first_default else _MISSING
        kind = "positional" if position < only_positional else "named"
        found.append((name, kind, default, annotations.get(name, _MISSING)))
    by_name = function.__kwdefaults__ or {}
    for name in code.co_varnames[count : count + code.co_kwonlyargcount]:
        found.append((name, "named", by_name.get(name, _MISSING), annotations.get(name, _MISSING)))
    if code.co_flags & 0x08:
        found.append(("", "rest", _MISSING, _MISSING))
    return found


def _inspected(function: Any) -> list[_Parameter]:
    import inspect  # decorated functions and callable objects only

    found: list[_Parameter] = []
    for parameter in inspect.signature(function).parameters.values():
        default = _MISSING if parameter.default is parameter.empty else parameter.default
        annotation = _MISSING if parameter.annotation is parameter.empty else parameter.annotation
        if parameter.kind is parameter.VAR_KEYWORD:
            found.append(("", "rest", _MISSING, _MISSING))
        elif parameter.kind is not parameter.VAR_POSITIONAL:
            kind = "positional" if parameter.kind is parameter.POSITIONAL_ONLY else "named"
            found.append((parameter.name, kind, default, annotation))
    return found


def converted(value: Any, annotation: Any) -> Any:
    """Text becomes bytes (from base64), a datetime or a date where the annotation asks for it.

    Raises ValueError for text that is none.
    """
    if not isinstance(value, str) or annotation is _MISSING or annotation is str:
        return value
    kind = _text_kind(annotation)
    if kind == "bytes":
        return _parse_base64(value)
    if kind == "datetime":
        return _parse_datetime(value)
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


def _parse_base64(text: str) -> bytes:
    """A decoder that skips what it does not know would make other bytes of it; line ends are part of base64."""
    try:
        return base64.b64decode("".join(text.split()), validate=True)
    except ValueError:
        raise ValueError("bytes are given as base64, and this text is none") from None


def _parse_datetime(text: str) -> datetime:
    try:
        return datetime.fromisoformat(text.replace("Z", "+00:00") if text.endswith("Z") else text)
    except ValueError:
        raise ValueError(f"{text[:100]!r} is not a date and time; ISO 8601 is expected") from None


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
    raise ValueError(f"{text[:100]!r} is not a date; YYYY-MM-DD is expected")
