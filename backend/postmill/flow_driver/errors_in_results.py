"""The identifier ``error`` of expressions, made of a failed result. Pure."""

from typing import Any

import msgspec


def error_of(text: str) -> str:
    """The error inside a result (JSON text in and out), or one that says that there is none."""
    result = msgspec.json.decode(text)
    if isinstance(result, dict) and result.get("error") is not None:
        return _encoded(result["error"])
    if isinstance(result, list):
        return _encoded(_of_list(result))
    if result is None:
        return _encoded({"name": "UnknownError", "message": "No error found"})
    return _encoded({"name": "UnknownError", "message": "Could not parse the error", "error": result})


def _of_list(results: list[Any]) -> Any:
    errors = [
        (i, r["error"]) for i, r in enumerate(results) if isinstance(r, dict) and r.get("error") is not None
    ]
    if len(errors) == 1:
        return errors[0][1]
    said = [
        f"[{error.get('step_id', i)}|{i}] {error.get('message', '')}"
        for i, error in errors
        if isinstance(error, dict)
    ]
    return {
        "name": "MultipleErrors",
        "message": "; ".join(said) if said else "Could not parse errors",
        "errors": [error for _, error in errors],
    }


def _encoded(value: Any) -> str:
    return msgspec.json.encode(value).decode()
