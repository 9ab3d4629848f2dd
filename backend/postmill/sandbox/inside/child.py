"""One child of a zygote: a small init that guards, and below it the process that runs one job.

The init is process 1 of the child's own namespaces. It ends everything when the job ends, reaps orphans, passes
SIGTERM on to all, and tells the worker how it ended. The job process waits, walled in and rehearsed, for
its orders; after the orders it runs foreign code and is trusted with nothing.
"""

import json
import os
import resource
import signal
import socket
import threading
from types import FrameType, ModuleType
from typing import Any, NoReturn

from postmill.sandbox.inside import calls, landlock, seccomp, view
from postmill.sandbox.inside.frames import Channel

CHANNEL = 3  # the descriptor of the worker's channel in every child
_PROCESS_NUMBERS = 300  # the kernel keeps the numbers below for itself when it starts over


class ZygoteState:
    """What every child of one zygote shares, made once before the first fork."""

    def __init__(self, spec: dict[str, Any], program: ModuleType | None) -> None:
        self.isolated: bool = spec["isolated"]
        self.network: bool = spec["network"]
        self.processes: int = spec["processes"]
        self.spares: str = view.SPARES if self.isolated else spec["view"]["spares"]
        self.writable: list[str] = spec["view"]["writable"]
        self.program = program
        self.filter = seccomp.Filter()
        self.landlock = landlock.version()


def live(state: ZygoteState, number: int, channel: int, output: int) -> NoReturn:
    """The whole life of a child, from the fork on; never returns."""
    try:
        _place_descriptors(channel, output)
        work, temporary = _enter_namespaces(state, number)
        _guard(state, work, temporary)
    except BaseException as error:  # whatever it is, the worker hears of it
        _complain(error)
    finally:
        os._exit(70)


def _complain(error: BaseException) -> None:
    try:
        os.write(2, f"the sandbox could not be set up: {error}\n".encode())
        text = f"{type(error).__name__}: {error}".encode()
        os.write(CHANNEL, b"Q" + len(text).to_bytes(4, "big") + text)
    except OSError:
        pass


def _place_descriptors(channel: int, output: int) -> None:
    """0 is empty, 1 and 2 are the log, 3 is the worker; everything else is closed."""
    os.dup2(output, 60)
    os.dup2(channel, 61)
    nothing = os.open("/dev/null", os.O_RDWR)
    os.dup2(nothing, 0)
    os.dup2(60, 1)
    os.dup2(60, 2)
    os.dup2(61, CHANNEL, inheritable=False)
    os.closerange(CHANNEL + 1, 1 << 16)


def _enter_namespaces(state: ZygoteState, number: int) -> tuple[str, str]:
    """Own mounts, IPC, host name and process list, with the child's folders as ``/job`` and ``/tmp``."""
    home = f"{state.spares}/{number}"
    work, temporary = home + "/work", home + "/tmp"
    os.umask(0o077)
    os.mkdir(home)
    os.mkdir(work)
    os.mkdir(temporary)
    if not state.isolated:
        calls.prctl(calls.PR_SET_CHILD_SUBREAPER, 1)
        return work, temporary
    flags = calls.CLONE_NEWNS | calls.CLONE_NEWIPC | calls.CLONE_NEWUTS
    calls.unshare(flags if state.network else flags | calls.CLONE_NEWNET)
    calls.bind(work, view.JOB)
    calls.bind(temporary, view.TMP)
    calls.mount("proc", "/proc", "proc", 0)
    calls.unmount(view.SPARES)
    calls.set_hostname("job")
    _bound_process_numbers(state.processes)
    return view.JOB, view.TMP


def _bound_process_numbers(processes: int) -> None:
    """A fork bomb runs out of numbers at once. Linux has the limit per namespace since 6.14."""
    try:
        descriptor = os.open("/proc/sys/kernel/pid_max", os.O_WRONLY | os.O_CLOEXEC)
        try:
            if calls_kernel() >= (6, 14):
                os.write(descriptor, str(_PROCESS_NUMBERS + processes).encode())
        finally:
            os.close(descriptor)
    except OSError:
        pass  # the other limits on processes hold


def calls_kernel() -> tuple[int, int]:
    """The kernel's version; before 6.14 ``pid_max`` is the whole machine's and must be left alone."""
    major, minor = os.uname().release.split(".")[:2]
    return int(major), int("".join(filter(str.isdigit, minor)) or 0)


def _guard(state: ZygoteState, work: str, temporary: str) -> None:
    """Forks the job process, and stays as the one that ends everything."""
    upper, lower = socket.socketpair()
    job = os.fork()
    if job == 0:
        upper.close()
        _be_the_job(state, lower, work, temporary)
    lower.close()
    upper.recv(1)
    if state.isolated:
        # Root of the machine owns these settings even without capabilities; nobody writes them from a job.
        calls.seal("/proc", calls.ATTR_RDONLY | calls.ATTR_NOSUID)
        calls.prctl(calls.PR_SET_DUMPABLE, 0)
        calls.no_new_privileges()
        calls.drop_capabilities()
    upper.send(b"s")
    upper.close()
    channel = Channel(socket.socket(fileno=os.dup(CHANNEL)))
    os.close(CHANNEL)
    channel.send(b"I")
    _watch_over(state, channel, job, work)


def _watch_over(state: ZygoteState, channel: Channel, job: int, work: str) -> NoReturn:
    ending = _Ending(state.isolated)
    signal.signal(signal.SIGTERM, ending.ask)
    signal.signal(signal.SIGUSR1, ending.force)
    status = 0
    while True:
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            break
        if pid == job:
            break
    ending.force()
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    for name in ("result.json", "result.out"):
        _hand_over_file(channel, work, name)
    code = os.waitstatus_to_exitcode(status)
    channel.send(b"X", json.dumps({"code": code, "peak_kb": usage.ru_maxrss}).encode())
    os._exit(0)


class _Ending:
    """How an init ends what runs below it."""

    def __init__(self, isolated: bool) -> None:
        self._isolated = isolated

    def ask(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        self._send(signal.SIGTERM)

    def force(self, _number: int = 0, _frame: FrameType | None = None) -> None:
        """Returns when no process is left below the init."""
        while True:
            self._send(signal.SIGKILL)
            try:
                os.waitpid(-1, 0)
            except ChildProcessError:
                return

    def _send(self, number: int) -> None:
        try:
            if self._isolated:
                os.kill(-1, number)
                return
            for pid in descendants(os.getpid()):
                os.kill(pid, number)
        except ProcessLookupError:
            pass


def descendants(pid: int) -> list[int]:
    """Every process below ``pid``, as far as the process list shows them."""
    found: list[int] = []
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as listing:
            children = [int(text) for text in listing.read().split()]
    except OSError:
        return found
    for child in children:
        found += [child, *descendants(child)]
    return found


_handed_over_limit = 64 * 1024 * 1024


def _hand_over_file(channel: Channel, work: str, name: str) -> None:
    """The content of a result file, read without following links; nothing for a missing or empty one."""
    try:
        descriptor = os.open(f"{work}/{name}", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return
    with os.fdopen(descriptor, "rb") as file:
        size = os.fstat(descriptor).st_size
        kind = b"J" if name == "result.json" else b"O"
        if size > _handed_over_limit:
            channel.send(b"L", str(size).encode())
        elif size:
            channel.send(kind, file.read(_handed_over_limit))


def _be_the_job(state: ZygoteState, init: socket.socket, work: str, temporary: str) -> NoReturn:
    code = 70
    try:
        _wall_in(state, init, work, temporary)
        channel = Channel(socket.socket(fileno=CHANNEL))
        if state.program is not None:
            state.program.rehearse()
        channel.send(b"B")
        code = _obey(state, channel)
    except EOFError:
        pass
    except BaseException as error:
        _complain(error)
    finally:
        os._exit(code)


def _wall_in(state: ZygoteState, init: socket.socket, work: str, temporary: str) -> None:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    if state.isolated:
        calls.unshare(calls.CLONE_NEWUSER)
        calls.map_identity(1000, 1000, 0, 0)
    init.send(b"m")
    init.recv(1)
    init.close()
    os.chdir(work)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    if state.isolated:
        resource.setrlimit(resource.RLIMIT_NPROC, (state.processes, state.processes))
    calls.no_new_privileges()
    calls.drop_capabilities()
    if state.landlock:
        landlock.restrict((work, temporary, *state.writable), state.landlock)
    state.filter.install()


def _obey(state: ZygoteState, channel: Channel) -> int:
    """Takes the orders and carries them out: another program in this process's place, or the zygote's own."""
    orders = channel.receive_until(b"G")
    job = json.loads(orders[b"H"])
    _limit(job["limits"])
    os.environ.clear()
    os.environ.update(job["env"])
    if "argv" in job:
        for name, text in job["files"].items():
            descriptor = os.open(name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
            os.write(descriptor, text.encode("utf-8", "surrogateescape"))
            os.close(descriptor)
        _replace(job["argv"], job.get("cwd"))
    assert state.program is not None
    code = int(state.program.run(job, orders, channel))
    threading._shutdown()  # type: ignore[attr-defined]  # as the interpreter does: other threads may finish
    return code


def _limit(limits: dict[str, int]) -> None:
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


def _replace(argv: list[str], cwd: str | None) -> NoReturn:
    """Becomes the program; a missing one ends like in a shell, with 127 and a line in the log."""
    if cwd is not None:
        os.chdir(cwd)
    for number in (signal.SIGPIPE, signal.SIGXFSZ, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(argv[0], argv, os.environ)
    except OSError as error:
        os.write(2, f"{argv[0]}: {os.strerror(error.errno)}\n".encode())
        os._exit(127)
