# ruff: noqa: PTH100, PTH120
# pathlib would only make the image of every fork larger.
"""An exception of user code as the error object that a failed job shows."""

import json
import os
import traceback
import types
from typing import Any

from postmill.languages.python.wrapper_result import without_nul

_OWN_FOLDER = os.path.dirname(os.path.abspath(__file__))


class MissingFunction(Exception):
    """The script lacks the function that should be run."""

    __module__ = "builtins"  # shown by its bare name

    def __init__(self, name: str) -> None:
        super().__init__(f"the script has no function {name!r}: define `def {name}(...)` at its top level")


class BadPreprocessor(Exception):
    """The preprocessor returned something else than a dict of arguments."""

    __module__ = "builtins"

    def __init__(self, kind: str) -> None:
        super().__init__(f"preprocessor must return a dict with the arguments of main, but returned {kind}")


def encode(error: BaseException, memory_bytes: int) -> bytes:
    """JSON text ``{message, name, stack, extra?}``; ``stack`` begins at the user's own code."""
    record: dict[str, Any] = {
        "message": _message(error, memory_bytes),
        "name": type(error).__name__,
        "stack": _stack(error),
    }
    extra = {name: value for name, value in _attributes(error).items() if not name.startswith("_")}
    if isinstance(error, SystemExit) and isinstance(error.code, int):
        record["exit_code"] = error.code
    if extra:
        try:
            record["extra"] = json.loads(
                json.dumps(extra, default=str, skipkeys=True), parse_constant=_no_number
            )
        except (TypeError, ValueError, RecursionError):
            record["extra"] = {name: repr(value)[:1000] for name, value in extra.items()}
    return without_nul(json.dumps(record, ensure_ascii=False)).encode("utf-8", "replace")


def _no_number(_name: str) -> None:
    return None


def _message(error: BaseException, memory_bytes: int) -> str:
    try:
        message = str(error)
    except BaseException:
        message = "the exception has no readable message"
    if isinstance(error, MemoryError) and not message:
        message = f"out of memory: the job may use {memory_bytes // 1024**2} MB"
    return message


def _attributes(error: BaseException) -> dict[str, Any]:
    try:
        return dict(vars(error))
    except TypeError:
        return {}


def _stack(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and _is_ours(trace):
        trace = trace.tb_next
    place = trace
    while place is not None and place.tb_next is not None:
        if _is_ours(place.tb_next):  # a script that another one imports
            place.tb_next = place.tb_next.tb_next
        else:
            place = place.tb_next
    try:
        error = error.with_traceback(trace)
        return "".join(traceback.format_exception(type(error), error, trace))
    except BaseException:
        return "".join(traceback.format_tb(trace))


def _is_ours(trace: types.TracebackType) -> bool:
    file = trace.tb_frame.f_code.co_filename
    return file.startswith((_OWN_FOLDER, "<frozen importlib"))
