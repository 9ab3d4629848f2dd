"""From what the user's function returned to JSON text."""

import base64
import json
import math
import re
import sys
from typing import Any

_PLAIN = (
    str,
    dict,
    list,
    bytes,
    tuple,
    set,
    frozenset,
    range,
    memoryview,
    bytearray,
    int,
    float,
    bool,
    type(None),
)
_NUL_ESCAPE = re.compile(r"(?<!\\)((?:\\\\)*)\\u0000")


def finished(result: Any) -> Any:
    """The value that was meant: a coroutine is awaited, a generator is streamed chunk by chunk (leaving None)."""
    if isinstance(result, _PLAIN):
        return result
    if hasattr(result, "__await__"):
        import asyncio  # only jobs that await pay for it

        return asyncio.run(_awaited(result))
    if hasattr(result, "__aiter__"):
        import asyncio

        return asyncio.run(_streamed(result))
    return result


async def _awaited(waiting: Any) -> Any:
    result = await waiting
    return await _streamed(result) if hasattr(result, "__aiter__") else result


async def _streamed(chunks: Any) -> None:
    async for chunk in chunks:
        _stream(chunk)


def _stream(chunk: Any) -> None:
    text = chunk if isinstance(chunk, str) else str(chunk)
    sys.stdout.write("WM_STREAM: " + text.replace("\n", "\\n") + "\n")
    sys.stdout.flush()


def encode(result: Any, postprocess: bool) -> bytes:
    """Compact JSON in UTF-8.

    Raises ValueError for a number that JSON lacks where nothing may be changed, and for a value without end.
    """
    value = _converted(result)
    try:
        text = _json(value, postprocess)
    except RecursionError:
        raise ValueError("the result contains itself, or is nested too deeply, and cannot be JSON") from None
    if postprocess:
        text = without_nul(text)
    return text.encode("utf-8", "replace")


def _json(value: Any, postprocess: bool) -> str:
    try:
        return json.dumps(value, separators=(",", ":"), default=str, ensure_ascii=False, allow_nan=False)
    except (ValueError, TypeError):
        if not postprocess:
            raise
        return json.dumps(_without_oddities(value), separators=(",", ":"), default=str, ensure_ascii=False)


def without_nul(text: str) -> str:
    """JSON text in which the character NUL, which no database takes, is spelled out."""
    return _NUL_ESCAPE.sub(r"\1 null ", text) if "\\u0000" in text else text


def _converted(result: Any) -> Any:
    if isinstance(result, (bytes, bytearray, memoryview)) and not isinstance(result, _PLAIN[:3]):
        return base64.b64encode(bytes(result)).decode() if isinstance(result, bytes) else str(result)
    if isinstance(result, dict):
        if any(isinstance(value, bytes) for value in result.values()):
            return {
                key: base64.b64encode(value).decode() if isinstance(value, bytes) else value
                for key, value in result.items()
            }
        return result
    if isinstance(result, _PLAIN):
        return result
    rows = _rows_of_frame(result)
    if rows is not None:
        return rows
    if hasattr(result, "__iter__") and not hasattr(result, "__array__"):
        for chunk in result:
            _stream(chunk)
        return None
    return result


def _rows_of_frame(result: Any) -> list[Any] | None:
    """The rows of a pandas or polars data frame as lists; None for anything else."""
    kind = type(result)
    if kind.__name__ != "DataFrame":
        return None
    library = kind.__module__.partition(".")[0]
    if library == "pandas":
        rows: list[Any] = result.values.tolist()
        return rows
    if library == "polars":
        return [list(row) for row in result.rows()]
    return None


def _without_oddities(value: Any) -> Any:
    """Numbers that JSON lacks become null, keys that it lacks text. Raises RecursionError for circular values."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, dict):
        return {
            key if isinstance(key, (str, int, bool, type(None))) else str(key): _without_oddities(item)
            for key, item in value.items()
        }
    if isinstance(value, (list, tuple)):
        return [_without_oddities(item) for item in value]
    return value
