"""Run other programs."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from places import ROOT, Stop

Argument = str | Path


def run(*arguments: Argument, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    """Run a step of the set-up with its output on standard error; raises Stop when it fails."""
    if status(*arguments, cwd=cwd, env=env, to_stderr=True) != 0:
        raise Stop(f"`{shown(arguments)}` failed; its own words stand above")


def status(
    *arguments: Argument, cwd: Path = ROOT, env: dict[str, str] | None = None, to_stderr: bool = False
) -> int:
    """Run a program and return its exit status."""
    sys.stdout.flush()
    environment = {**os.environ, **(env or {})}
    output = sys.stderr if to_stderr else None
    return subprocess.run(arguments, cwd=cwd, env=environment, stdout=output, check=False).returncode


def read(*arguments: Argument, cwd: Path = ROOT) -> str | None:
    """What a program prints; None when it fails."""
    try:
        done = subprocess.run(arguments, cwd=cwd, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def become(*arguments: Argument) -> None:
    """Replace this process, so that signals reach the program itself."""
    sys.stdout.flush()
    sys.stderr.flush()
    os.execv(str(arguments[0]), [str(argument) for argument in arguments])  # noqa: S606 - no shell is wanted


def shown(arguments: Sequence[Argument]) -> str:
    return " ".join(str(argument) for argument in arguments)
