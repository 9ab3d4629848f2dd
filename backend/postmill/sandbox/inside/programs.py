# ruff: noqa: PTH112
# pathlib would only make the image of the init larger.
"""Programs that the init of a slot starts itself: a process of its own that never was an interpreter.

``posix_spawn`` lends the new process the init's memory until it has become the program, so that no page is copied. All
walls and limits are the slot's, which every process in it inherits; nothing has to be set in between.
"""

import os
import signal
from typing import Any

from postmill.sandbox.inside.job import write_files

_ORDINARY = (signal.SIGINT, signal.SIGPIPE, signal.SIGXFSZ)  # Python handles or ignores these


class NotStarted(Exception):
    """The program cannot be run; the message is for the log, ``code`` the exit code that a shell would give."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def start(job: dict[str, Any], output: int, program: int | None) -> int:
    """Starts the program of a job, found by its name or given as an open file; returns its process number.

    The orders are those of a forked child, see ``inside.job``, without limits. Standard input is empty, both outputs
    are ``output``; no other descriptor reaches it. Raises NotStarted.
    """
    home = os.open(".", os.O_PATH | os.O_CLOEXEC) if job.get("cwd") else -1
    argv, env = job["argv"], job["env"]
    try:
        write_files(job["files"])
        path = (
            f"/proc/self/fd/{program}" if program is not None else find(argv[0], env.get("PATH", os.defpath))
        )
        if home >= 0:
            os.chdir(job["cwd"])
        return _spawn(path, argv, env, output)
    except NotStarted:
        raise
    except Exception as error:
        raise NotStarted(f"the job process could not run: {type(error).__name__}: {error}\n", 70) from error
    finally:
        if home >= 0:
            os.fchdir(home)
            os.close(home)


def _spawn(path: str, argv: list[str], env: dict[str, str], output: int) -> int:
    try:
        return os.posix_spawn(
            path, argv, env, setsid=True, setsigdef=_ORDINARY,
            # Opened by the process itself: what one job does to an open file must not reach the next.
            file_actions=(
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDWR, 0),
                (os.POSIX_SPAWN_DUP2, output, 1),
                (os.POSIX_SPAWN_DUP2, output, 2),
            ),
        )  # fmt: skip
    except OSError as error:
        raise NotStarted(f"{argv[0]}: {error.strerror}\n", 127) from error


def find(name: str, search_path: str) -> str:
    """Where a program lies: a path as it is, a bare name in the first folder that has it. Raises NotStarted."""
    if "/" in name:
        return name
    for folder in search_path.split(":"):
        path = f"{folder or '.'}/{name}"
        if os.access(path, os.X_OK) and not os.path.isdir(path):
            return path
    raise NotStarted(f"{name}: {os.strerror(2)}\n", 127)
