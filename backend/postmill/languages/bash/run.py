"""Bash jobs: a waiting child becomes ``bash -e`` with the script and its arguments."""

from functools import lru_cache
from typing import Any

from postmill.kernel.json import decode, encode_text
from postmill.languages import ending
from postmill.languages.output import Output
from postmill.languages.protocol import LockRequest, RunOutcome, RunRequest
from postmill.languages.shell_result import judge_shell
from postmill.languages.single_run import environment, limits_record, run_program, take_child
from postmill.languages.workshop import Workshop
from postmill.sandbox.zygote import ZygoteFailed
from postmill.signatures.bash import infer_bash

_MARK = b"--- BASH CODE EXECUTION ---\n"
_PROGRAM = "bash run"
# The kernel starts no program with a text of 32 pages, nor with more than some MB of them.
_LONG_TEXT, _LONG_TEXTS = 128_000, 1_000_000
_ARGUMENTS = ".arguments"
_WITH_LONG_ARGUMENTS = (
    f"mapfile -d '' -t _given <{_ARGUMENTS}; rm -f {_ARGUMENTS}; "
    'set -- "${_given[@]}"; unset _given; . ./main.sh'
)


class BashRuntime:
    """Runs Bash jobs on this worker."""

    def __init__(self, workshop: Workshop) -> None:
        self._pool = workshop.program_pool  # asked anew each time: an unused zygote may have been ended
        self._isolation = workshop.isolation.level

    async def lock(self, request: LockRequest) -> str:
        return ""

    async def close(self) -> None:
        """Nothing to end: children belong to the pool."""

    async def run(self, request: RunRequest) -> RunOutcome:
        """Never raises for what the job does: a failure of any kind is an outcome with its reason."""
        given = arguments(request.code, request.args)  # before a child waits for them that nobody would end
        try:
            child = await take_child(self._pool(request.limits))
        except ZygoteFailed as error:
            text = ending.execution_error(f"the isolated process could not be started: {error}")
            return RunOutcome("error", text, isolation=self._isolation)
        files = {"main.sh": plain_script(request.code)}
        argv = ["/bin/bash", "-e", "main.sh", *given]
        if are_long(given):
            files[_ARGUMENTS] = "".join(f"{text}\0" for text in given)
            argv = ["/bin/bash", "-e", "-c", _WITH_LONG_ARGUMENTS, "main.sh"]
        header = {
            "argv": argv,
            "files": files,
            "env": environment(request, child),
            "limits": limits_record(request.limits),
        }
        output = Output(
            request.log, request.stream, min(request.limits.result_bytes, request.limits.log_bytes)
        )
        request.log.write(_MARK)
        end, _ = await run_program(child, request, header, output)
        kind, result = judge_shell(end, output, request.limits, _PROGRAM)
        return RunOutcome(kind, result, end.peak_kb, None, output.streamed, self._isolation)


def plain_script(code: str) -> str:
    """The script with Unix line ends and without NUL, which Bash cannot read."""
    return code.replace("\r\n", "\n").replace("\r", "\n").replace("\0", "")


@lru_cache(maxsize=1024)
def _names(code: str) -> tuple[str, ...]:
    return tuple(arg.name for arg in infer_bash(code).args)


def arguments(code: str, args: str) -> list[str]:
    """The positional arguments: text as it is, other values as compact JSON, a missing one as empty text."""
    given = decode(args)
    return [_as_text(given.get(name)) for name in _names(code)]


def are_long(texts: list[str]) -> bool:
    """Whether they are too long for a command line, so that Bash reads them from a file."""
    sizes = [len(text.encode("utf-8", "replace")) for text in texts]
    return max(sizes, default=0) > _LONG_TEXT or sum(sizes) > _LONG_TEXTS


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    text = value if isinstance(value, str) else encode_text(value)
    return text.replace("\0", "")
