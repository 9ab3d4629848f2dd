"""How a run ended, in words: one sentence per cause, in the shapes that a failed job's result has."""

import re
from collections.abc import Mapping

import msgspec

from postmill.kernel.json import encode_text
from postmill.languages.output import Output
from postmill.languages.protocol import EndKind, RunOutcome
from postmill.model.limits import Limits
from postmill.sandbox.child import ChildEnd

_SIGNALS = {4: "SIGILL", 6: "SIGABRT", 7: "SIGBUS", 8: "SIGFPE", 9: "SIGKILL", 11: "SIGSEGV", 15: "SIGTERM",
            24: "SIGXCPU", 25: "SIGXFSZ", 31: "SIGSYS"}  # fmt: skip


_HIGH, _LOW = rb"u[dD][89abAB][0-9a-fA-F]{2}", rb"u[dD][c-fC-F][0-9a-fA-F]{2}"
_ESCAPE = re.compile(
    rb"\\(?:" + _HIGH + rb"\\" + _LOW + rb"|(?P<half>" + _HIGH + rb"|" + _LOW + rb")|.)", re.DOTALL
)


def execution_error(text: str) -> str:
    """The error object of a run that its executor ended."""
    return encode_text({"message": f"execution error:\n{text}", "name": "ExecutionErr"})


def ended_by_worker(end: ChildEnd, limits: Limits) -> tuple[EndKind, str] | None:
    """The end and error object of a run that the worker ended; None when it ended by itself."""
    if end.cause == "timeout":
        return "timeout", execution_error(f"timed out after {limits.wall_seconds:g} s and was ended")
    if end.cause == "memory":
        megabytes = limits.memory_bytes // 1024**2
        return "memory", execution_error(f"killed: it used more than {megabytes} MB of memory, its limit")
    if end.cause == "processes":
        return "killed", execution_error(
            f"killed: it started more than {limits.processes} processes, its limit"
        )
    if end.cause == "disk":
        megabytes = limits.disk_bytes // 1024**2
        return "killed", execution_error(
            f"killed: its files took more than {megabytes} MB of disk, its limit"
        )
    if end.cause == "oversized":
        return too_large(None, limits)
    if end.cause == "cancelled":
        return "killed", execution_error("cancelled while running")
    return None


def too_large(size: int | None, limits: Limits) -> tuple[EndKind, str]:
    said = "" if size is None else f" ({size} bytes)"
    return "result_too_large", execution_error(
        f"the result{said} is larger than {limits.result_bytes} bytes, the limit of a result"
    )


def ended_by_itself(end: ChildEnd, program: str, last_words: str) -> tuple[EndKind, str]:
    """The end and error object of a process that failed without saying why, ``program`` as in ``bash run``."""
    if end.trouble is not None:
        return "killed", execution_error(f"its sandbox ended while it ran: {end.trouble}")
    if end.code is None:
        return "killed", execution_error("the process was killed from outside")
    code = end.code
    message = f'exit code for "{program}": {code}'
    if code < 0:
        name = _SIGNALS.get(-code, f"signal {-code}")
        code = 128 - code
        message = f'exit code for "{program}": {code} (ended by {name})'
    record = {
        "message": f"{message}, last log lines:\n{last_words}",
        "name": "ExecutionErr",
        "exit_code": code,
    }
    return "error" if end.code >= 0 else "killed", encode_text(record)


def failed_tool(program: str, code: int, words: str) -> str:
    """The error object of a run whose preparation failed, ``program`` as in ``go build``."""
    message = f'exit code for "{program}": {code}, last log lines:\n{words[-600:]}'
    return encode_text({"message": message, "name": "ExecutionErr", "exit_code": code})


def judge_function(
    end: ChildEnd,
    frames: Mapping[bytes, bytes],
    limits: Limits,
    output: Output,
    isolation: str,
    program: str = "python run",
) -> RunOutcome:
    """The outcome of a function whose wrapper says ``R`` result, ``E`` error, ``L`` too large, ``N`` arguments.

    ``program`` names the process where it ended without a word.
    """

    def outcome(kind: EndKind, result: str) -> RunOutcome:
        new_args = frames[b"N"].decode("utf-8", "replace") if b"N" in frames else None
        return RunOutcome(kind, result, end.peak_kb, new_args, output.streamed, isolation)

    by_worker = ended_by_worker(end, limits)
    if by_worker is not None:
        return outcome(*by_worker)
    if b"L" in frames:
        return outcome(*too_large(int(frames[b"L"]), limits))
    if b"E" in frames:
        return outcome("error", checked_json(frames[b"E"], end, program, output.last_words))
    if b"R" in frames and end.code == 0:
        result = valid_json(frames[b"R"])
        if result is None:
            return outcome("error", execution_error("the result is not valid JSON"))
        return outcome("success", result)
    return outcome(*ended_by_itself(end, program, output.last_words))


def checked_json(text: bytes, end: ChildEnd, program: str, last_words: str) -> str:
    """An error object as it was said, or the general one where that is no JSON."""
    return valid_json(text) or ended_by_itself(end, program, last_words)[1]


def valid_json(text: bytes) -> str | None:
    """The text, if it is JSON: a job may write anything into its channel.

    Halves of characters (``"\\ud83d"``, what cutting an emoji leaves in JavaScript) become U+FFFD.
    """
    try:
        return _decoded(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if b"\\ud" not in text and b"\\uD" not in text:
            return None
    try:
        return _decoded(_ESCAPE.sub(_whole, text))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _decoded(text: bytes) -> str:
    msgspec.json.decode(text, type=msgspec.Raw)
    return text.decode()


def _whole(escape: re.Match[bytes]) -> bytes:
    return rb"\ufffd" if escape["half"] else escape[0]
