"""The job process: waits, walled in and rehearsed, for its orders; after them it runs foreign code."""

import _signal  # type: ignore[import-not-found]  # the enumerations of ``signal`` would cost every fork some forty pages
import json
import os
import resource
import sys
from types import ModuleType
from typing import Any, NoReturn

from postmill.sandbox.inside.frames import Channel

CHANNEL = 3  # the descriptor of the worker's channel
REHEARSALS = 12
"""Calls until Python (from 3.11 on) has adapted a function's code: it begins with the eighth."""
TICKETS = 4  # of the tickets of a process that takes runs ahead


def live(program: ModuleType | None, channel: int, output: int, rehearse: bool) -> NoReturn:
    """The whole life of the process, from the fork on; never returns."""
    code = 70
    try:
        _place_descriptors(channel, output)
        os.setsid()
        to_worker = Channel(CHANNEL)
        if program is not None and rehearse:
            program.rehearse_again()
        to_worker.send(b"B")
        code = _obey(program, to_worker)
    except EOFError:
        pass  # the worker has no use for this one any more
    except BaseException as error:
        os.write(2, f"the job process could not run: {type(error).__name__}: {error}\n".encode())
    finally:
        os._exit(code)


def _place_descriptors(channel: int, output: int) -> None:
    """0 is empty, 1 and 2 are the log, 3 is the worker; everything else is closed."""
    os.dup2(output, 1000)
    os.dup2(channel, 1001)
    nothing = os.open("/dev/null", os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(1000, 1)
    os.dup2(1000, 2)
    os.dup2(1001, CHANNEL, inheritable=False)
    os.closerange(CHANNEL + 1, 1 << 16)


def _obey(program: ModuleType | None, channel: Channel) -> int:
    """Takes the orders and carries them out: another program in this process's place, or the zygote's own.

    With ``waits`` the orders are told ahead of the word to begin, and all is made ready that runs no foreign code. With
    ``tells_end`` the last message is the exit code: nothing is left to do but to go.
    """
    kind, header = channel.receive_alone()
    job = json.loads(header)
    if job.get("tickets"):
        received = channel.receive_descriptors()[0]
        os.dup2(received, TICKETS, inheritable="argv" in job)
        if received != TICKETS:
            os.close(received)
    if "argv" in job:
        executable = channel.receive_descriptors()[0] if job.get("program") else job["argv"][0]
        limit(job["limits"])
        set_environment(job["env"])
        write_files(job["files"])
        os.set_inheritable(CHANNEL, bool(job.get("keeps_channel")))
        _replace(executable, job["argv"], job.get("cwd"))
    assert program is not None
    code = _run(program, channel, job, {kind: header})
    if (threading := sys.modules.get("threading")) is not None:
        threading._shutdown()  # as the interpreter does: other threads may finish
    if job.get("tells_end"):
        channel.send(b"X", b"%d" % code)
    return code


def _run(program: Any, channel: Channel, job: dict[str, Any], heard: dict[bytes, bytes]) -> int:
    """Has the program carry out the orders, of which the head was ``heard`` already; returns the exit code."""
    orders = {**channel.receive_until(b"W" if job.get("waits") else b"G"), **heard}
    limit(job["limits"])
    set_environment(job["env"])
    if job.get("waits"):
        program.make_ready(job, orders)
        channel.receive_until(b"G")
    return int(program.run(job, orders, channel))


class _Nothing:
    """The program of a rehearsal."""

    @staticmethod
    def run(_job: dict[str, Any], _orders: dict[bytes, bytes], channel: Channel) -> int:
        channel.send(b"R", b"null")
        return 0


def rehearse() -> None:
    """In the zygote: takes orders as a child does, until the interpreter has adapted the code to what it does.

    A child adapts nothing, for it runs each line once: what is adapted here touches fewer pages in every one of them.
    """
    import socket  # loaded long before, with the zygote

    known = {os.fsdecode(name): os.fsdecode(value) for name, value in os.environ._data.items()}  # type: ignore[attr-defined]
    env = {**known, **{f"WM_REHEARSAL_{number}": "value" for number in range(20)}}
    head = json.dumps({"env": env, "limits": {}, "tells_end": True}).encode()
    for _ in range(REHEARSALS):
        upper, lower = socket.socketpair()
        with upper, lower:
            ahead, channel = Channel(upper.fileno()), Channel(lower.fileno())
            for kind, content in ((b"H", head), (b"C", b"code"), (b"A", b"{}"), (b"G", b"")):
                ahead.send(kind, content)
            channel.send(b"B")
            kind, header = channel.receive_alone()
            code = _run(_Nothing, channel, json.loads(header), {kind: header})
            channel.send(b"X", b"%d" % code)
        set_environment(known)


def set_environment(env: dict[str, str]) -> None:
    """Makes this the whole environment. Goes past ``os.environ``, whose methods cost a fork eighty pages."""
    known = os.environ._data  # type: ignore[attr-defined]
    for name in list(known):
        if os.fsdecode(name) not in env:
            os.unsetenv(name)
            del known[name]
    for text, value in env.items():
        name, content = text.encode("utf-8", "surrogateescape"), value.encode("utf-8", "surrogateescape")
        if known.get(name) != content:
            os.putenv(name, content)
            known[name] = content


def write_files(files: dict[str, str]) -> None:
    """Makes the files, by path: their text. Raises OSError where something is in the way."""
    for name, text in files.items():
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        descriptor = os.open(name, flags, 0o600)
        try:
            rest = memoryview(text.encode("utf-8", "surrogateescape"))
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        finally:
            os.close(descriptor)


def limit(limits: dict[str, Any]) -> None:
    """Bounds this process and all that it starts, for good; never above what bounds it already."""
    for kind, name in (
        (resource.RLIMIT_FSIZE, "file_bytes"),
        (resource.RLIMIT_NOFILE, "open_files"),
        (resource.RLIMIT_DATA, "data_bytes"),
    ):
        wanted = limits.get(name)
        if wanted is not None:
            hard = resource.getrlimit(kind)[1]
            value = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
            resource.setrlimit(kind, (value, value))


def _replace(executable: str | int, argv: list[str], cwd: str | None) -> NoReturn:
    """Becomes the program, found by its name or given as an open file.

    A missing one ends like in a shell, with 127 and a line in the log.
    """
    if cwd is not None:
        os.chdir(cwd)
    for number in (_signal.SIGPIPE, _signal.SIGXFSZ, _signal.SIGINT):
        _signal.signal(number, _signal.SIG_DFL)
    try:
        # The environment is the one that ``set_environment`` made. No shell is wanted.
        if isinstance(executable, int):
            os.execve(executable, argv, os.environ._data)  # type: ignore[attr-defined]  # noqa: S606
        if "/" in executable:
            os.execv(executable, argv)  # noqa: S606
        os.execvp(executable, argv)  # noqa: S606
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
        os._exit(127)
