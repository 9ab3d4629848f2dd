# ruff: noqa: PTH101, PTH102, PTH106, PTH108, PTH112, PTH114, PTH116, PTH123, PTH208, S108
# pathlib would only make the image of every fork larger.
"""A slot: namespaces of its own, and in them an init that runs one job process after the other.

The walls are built once per slot, so that a job costs one fork. Between two jobs the init ends every process, empties
the folders and looks for anything else that could have been left; a slot that is not clean ends, and another
one takes its place. At no time do two jobs share a slot.
"""

import _signal  # type: ignore[import-not-found]  # what ``signal`` wraps: its enumerations would cost every fork some forty pages
import json
import os
import resource
import select
import signal
import socket
from collections.abc import Sequence
from types import ModuleType
from typing import Any, NoReturn

from postmill.sandbox.inside import calls, job, landlock, programs, seccomp, view
from postmill.sandbox.inside.frames import BEGIN, BEGIN_IN_FILE, MOST_IN_ORDER

_MOST_DESCRIPTORS = socket.CMSG_SPACE(3 * 4)
_RESERVED_NUMBERS = 300  # the kernel keeps the process numbers below for itself when it starts over
_ROOM_FOR_THREADS = 64
"""The kernel counts threads among processes, the watcher does not: it is to find what forks without end, before a
runtime that gets no thread any more dies of that."""
_MOST_ORDERS = 1 << 20
"""An init that reads larger orders than this goes with their job: the kernel counts what a process ever had at once for
the memory of the programs that it starts, so that each later job would be told of it."""
_LASTING = (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_DATA)


class ZygoteState:
    """What every slot of one zygote shares, made once before the first fork."""

    def __init__(self, spec: dict[str, Any], program: ModuleType | None) -> None:
        self.isolated: bool = spec["isolated"]
        self.network: bool = spec["network"]
        self.processes: int = spec["processes"]
        self.program_limits: dict[str, int] | None = spec["program_limits"]
        self.spares: str = view.SPARES if self.isolated else spec["view"]["spares"]
        self.writable: list[str] = spec["view"]["writable"]
        shown = [*spec["view"]["readable"], *self.writable]
        self.shown_in_tmp = [
            path for path in shown if path.startswith(view.TMP + "/") and os.path.lexists(path)
        ]
        self.program = program
        self.filter = seccomp.Filter()
        self.landlock = landlock.version()


def live(state: ZygoteState, number: int, control: int) -> NoReturn:
    """The whole life of a slot, from the fork on; never returns."""
    socket_to_worker = socket.socket(fileno=os.dup(control))
    try:
        slot = Slot(state, number, socket_to_worker)
        slot.build_walls()
        slot.serve()
    except BaseException as error:  # whatever it is, the worker hears of it
        socket_to_worker.send(json.dumps({"failed": f"{type(error).__name__}: {error}"}).encode())
    finally:
        os._exit(70)


class Slot:
    """The init's own state: which job process runs, and what has been seen of it."""

    def __init__(self, state: ZygoteState, number: int, control: socket.socket) -> None:
        self._state = state
        self._control = control
        self._home = f"{state.spares}/{number}"
        self.work = view.JOB if state.isolated else self._home + "/work"
        self.temporary = view.TMP if state.isolated else self._home + "/tmp"
        self._job = 0
        self._wants_files = False
        self._lent = False
        self._has_grown = False
        self._code = 0
        self._peak_kb = 0

    def build_walls(self) -> None:
        """Own mounts, IPC, host name, process list and user, then no way back."""
        os.closerange(3, self._control.fileno())
        os.closerange(self._control.fileno() + 1, 1 << 16)
        os.umask(0o077)
        for folder in (self._home, self._home + "/work", self._home + "/tmp"):
            os.mkdir(folder)
        if self._state.isolated:
            self._enter_namespaces()
        else:
            calls.prctl(calls.PR_SET_CHILD_SUBREAPER, 1)
        os.chdir(self.work)
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        if self._state.program_limits is not None:
            job.limit(self._state.program_limits)
        self._hide_from_jobs()
        calls.no_new_privileges()
        calls.drop_capabilities()
        if self._state.landlock:
            landlock.restrict((self.work, self.temporary, *self._state.writable), self._state.landlock)
        self._state.filter.install()
        self._lasting = self._attributes()

    def _hide_from_jobs(self) -> None:
        """Leaves nothing in the init for its entries of the process list to show.

        One that reads orders is closed to jobs altogether: it may still hold what it read for the job before, and a
        program owns its own entries whatever its init does. One that forks stays dumpable, for a forked job inherits
        that. It has never seen an order, and nothing can be written: the list is read-only, ptrace and its kin are
        refused.
        """
        nothing = os.open("/dev/null", os.O_RDWR | os.O_CLOEXEC)
        os.dup2(
            nothing, 2
        )  # the worker's log until here; an entry of the process list would open it to the job
        os.close(nothing)
        if self._state.program_limits is not None:
            calls.prctl(calls.PR_SET_DUMPABLE, 0)

    def _enter_namespaces(self) -> None:
        flags = calls.CLONE_NEWNS | calls.CLONE_NEWIPC | calls.CLONE_NEWUTS
        calls.unshare(flags if self._state.network else flags | calls.CLONE_NEWNET)
        calls.bind(self._home + "/work", view.JOB)
        self._cover_tmp()
        calls.mount("proc", "/proc", "proc", 0)
        calls.unmount(view.SPARES)
        calls.set_hostname("job")
        most = self._state.processes + _ROOM_FOR_THREADS
        _bound_process_numbers(most)
        _become_job_user()
        resource.setrlimit(resource.RLIMIT_NPROC, (most, most))

    def _cover_tmp(self) -> None:
        """A private /tmp, through which the paths of the view that lie below the machine's /tmp still show."""
        shown = [(path, os.open(path, os.O_PATH | os.O_CLOEXEC)) for path in self._state.shown_in_tmp]
        calls.bind(self._home + "/tmp", view.TMP)
        for path, descriptor in shown:
            view.show(
                f"/proc/self/fd/{descriptor}", path, writable=True
            )  # a copy stays as read-only as it was
            os.close(descriptor)

    def serve(self) -> None:
        """Obeys the worker until it closes the socket."""
        wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
        self._control.send(b'{"ready":1}')
        poll = select.poll()
        poll.register(self._control, select.POLLIN)
        poll.register(wake_read, select.POLLIN)
        while True:
            for descriptor, _ in poll.poll():
                if descriptor == wake_read:
                    os.read(wake_read, 4096)
                    self._reap()
                elif not self._obey():
                    self._signal_all(signal.SIGKILL)
                    return

    def _obey(self) -> bool:
        """Carries one order out; False when the worker is gone."""
        order, descriptors = _received(
            self._control, 64 if self._state.program_limits is None else MOST_IN_ORDER
        )
        if order.startswith(BEGIN):
            self._begin(order, descriptors)
        elif order in (b"run", b"run+files", b"rehearse+files"):
            self._wants_files = order != b"run"
            self._start(order == b"rehearse+files", *descriptors)
        elif order == b"lent":
            self._lent = True
        elif order == b"terminate":
            self._signal_all(signal.SIGTERM)
        elif order == b"kill":
            self._signal_all(signal.SIGKILL)
        return bool(order)

    def _start(self, rehearse: bool, channel: int, output: int) -> None:
        self._peak_kb = 0
        self._job = os.fork()
        if self._job == 0:
            _signal.set_wakeup_fd(-1)
            _signal.signal(_signal.SIGCHLD, _signal.SIG_DFL)
            job.live(self._state.program, channel, output, rehearse)
        os.close(channel)
        os.close(output)

    def _begin(self, order: bytes, descriptors: list[int]) -> None:
        """Starts a program without a fork; its end is told like that of any job, also where it cannot be started."""
        self._peak_kb = 0
        self._wants_files = True
        output, *rest = descriptors
        record = _read_all(rest.pop()) if order == BEGIN_IN_FILE else order[len(BEGIN) :]
        self._has_grown = len(record) > _MOST_ORDERS
        try:
            self._job = programs.start(json.loads(record), output, rest[0] if rest else None)
        except programs.NotStarted as failure:
            os.write(output, str(failure).encode("utf-8", "surrogateescape"))
            self._code = failure.code
        for descriptor in (output, *rest):
            os.close(descriptor)
        if self._job == 0:
            self._finish()

    def _reap(self) -> None:
        """Buries what has died; the death of the job process ends the job."""
        while True:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._peak_kb = max(self._peak_kb, usage.ru_maxrss)
            if pid == self._job:
                self._code = os.waitstatus_to_exitcode(status)
                self._finish()
                return

    def _finish(self) -> None:
        """Ends what the job left, hands its result files over and says so; then cleans up and says whether it could.

        Nobody waits for the second: it decides whether the next job may come here.
        """
        self._job = 0
        self._bury_all()
        files = self._result_files() if self._wants_files else []
        # Written out by hand: the module json would touch thirty pages more after every fork.
        names = ",".join([f'"{name}"' for name, _ in files])
        text = f'{{"code":{self._code},"peak_kb":{self._peak_kb},"files":[{names}]}}'
        message = text.encode()
        descriptors = [descriptor for _, descriptor in files]
        if descriptors:
            socket.send_fds(self._control, [message], descriptors)
            for descriptor in descriptors:
                os.close(descriptor)
        else:
            self._control.send(message)
        clean = self._clean_up()
        self._control.send(b'{"clean":1}' if clean else b'{"clean":0}')
        if not clean:
            os._exit(0)

    def _bury_all(self) -> None:
        """Returns when no process is left below the init."""
        while True:
            self._signal_all(signal.SIGKILL)
            try:
                _, _, usage = os.wait4(-1, 0)
            except ChildProcessError:
                return
            self._peak_kb = max(self._peak_kb, usage.ru_maxrss)

    def _signal_all(self, number: int) -> None:
        try:
            if self._state.isolated:
                os.kill(-1, number)
                return
            for pid in descendants(os.getpid()):
                os.kill(pid, number)
        except ProcessLookupError:
            pass

    def _result_files(self) -> list[tuple[str, int]]:
        """Open result files: regular ones that are not empty, not reached through a link."""
        found = []
        for name in ("result.json", "result.out"):
            try:
                path = f"{self.work}/{name}"
                descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
            except OSError:
                continue
            facts = os.fstat(descriptor)
            if facts.st_mode & 0o170000 == 0o100000 and facts.st_size > 0:
                found.append((name, descriptor))
            else:
                os.close(descriptor)
        return found

    def _clean_up(self) -> bool:
        """Empties the folders; False when something is left that the next job could notice."""
        # A folder that the worker has lent to this job is taken back by it before anything else runs here.
        lent, self._lent = ((f"{self.work}/shared",) if self._lent else ()), False
        if not _empty(self.work, lent) or not _empty(self.temporary, self._state.shown_in_tmp):
            return False
        if self._has_grown or (self._state.isolated and _has_shared_memory()):
            return False
        return self._attributes() == self._lasting

    def _attributes(self) -> list[object]:
        """What a job could change of its init, and with it of the next job."""
        own = [os.getpriority(os.PRIO_PROCESS, 0), os.sched_getscheduler(0), os.sched_getaffinity(0)]
        return [*own, *(resource.getrlimit(kind) for kind in _LASTING)]


def _bound_process_numbers(processes: int) -> None:
    """A bound below that of the kernel's count, where that one does not hold. Not a lower one: a fork that finds no
    number fails after the memory was copied, and a hundred processes that try it leave the machine to nobody else.
    Linux has the limit per namespace since 6.14; before that it is the whole machine's and must be left alone."""
    major, minor = os.uname().release.split(".")[:2]
    if (int(major), int("".join(filter(str.isdigit, minor)) or 0)) < (6, 14):
        return
    try:
        with open("/proc/sys/kernel/pid_max", "w") as numbers:
            numbers.write(str(_RESERVED_NUMBERS + processes))
    except OSError:
        return  # the other limits on processes hold


def _become_job_user() -> None:
    """A user namespace in which nothing outside it can be touched, and a process list that nobody writes.

    The list is made read-only by a helper that keeps the rights over mounts a moment longer: the user's map must
    be written first, and with its own user namespace the init has lost those rights. (The machine's root owns
    the settings below ``/proc/sys`` even without capabilities.)
    """
    upper, lower = socket.socketpair()
    helper = os.fork()
    if helper == 0:
        code = 1
        try:
            lower.recv(1)
            calls.seal("/proc", calls.ATTR_RDONLY | calls.ATTR_NOSUID)
            code = 0
        finally:
            os._exit(code)
    calls.unshare(calls.CLONE_NEWUSER)
    calls.map_identity(1000, 1000, 0, 0)
    upper.send(b"m")
    _, status = os.waitpid(helper, 0)
    upper.close()
    lower.close()
    if status != 0:
        raise OSError(1, "the process list of the slot could not be made read-only")


def descendants(pid: int) -> list[int]:
    """Every process below ``pid``, as far as the process list shows them."""
    try:
        with open(f"/proc/{pid}/task/{pid}/children") as listing:
            children = [int(text) for text in listing.read().split()]
    except OSError:
        return []
    return [found for child in children for found in (child, *descendants(child))]


def _received(control: socket.socket, most: int) -> tuple[bytes, list[int]]:
    """One order with the open files that come with it, which no program inherits; b"" when the worker is gone."""
    # ``socket.recv_fds`` takes flags and forgets them.
    order, ancillary, _, _ = control.recvmsg(most, _MOST_DESCRIPTORS, socket.MSG_CMSG_CLOEXEC)
    descriptors: list[int] = []
    for level, kind, content in ancillary:
        if level == socket.SOL_SOCKET and kind == socket.SCM_RIGHTS:
            descriptors += memoryview(content[: len(content) // 4 * 4]).cast("i").tolist()
    return order, descriptors


def _read_all(descriptor: int) -> bytes:
    with open(descriptor, "rb") as file:
        return file.read()


def _empty(folder: str, kept: Sequence[str]) -> bool:
    """Removes everything in a folder but the ``kept`` paths, whatever rights it was given; False when it resists."""
    try:
        if os.stat(folder).st_mode & 0o777 != 0o700:
            os.chmod(folder, 0o700)
        names = os.listdir(folder)
        for name in names:
            path = f"{folder}/{name}"
            if kept and path in kept:
                continue
            if kept and any(other.startswith(path + "/") for other in kept):
                if not _empty(path, kept):
                    return False
            elif os.path.isdir(path) and not os.path.islink(path):
                _remove_tree(path)
            else:
                os.unlink(path)
        return True
    except OSError:
        return False


def _remove_tree(path: str) -> None:
    """Removes a folder whatever rights its parts were given; nobody else is alive to change it meanwhile."""
    os.chmod(path, 0o700)
    with os.scandir(path) as entries:
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                _remove_tree(entry.path)
            else:
                os.unlink(entry.path)
    os.rmdir(path)


def _has_shared_memory() -> bool:
    """Whether System V objects were left, which outlive their processes."""
    for kind in ("shm", "sem", "msg"):
        try:
            listing = os.open(f"/proc/sysvipc/{kind}", os.O_RDONLY | os.O_CLOEXEC)
        except OSError:
            continue
        lines = os.read(listing, 4096).count(b"\n")
        os.close(listing)
        if lines > 1:  # the first is the heading
            return True
    return False
