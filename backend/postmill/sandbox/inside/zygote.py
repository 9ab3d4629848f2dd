# ruff: noqa: PTH123, PTH208
# pathlib would only make the image of every fork larger.
"""The process that slots are forked from: an interpreter with its imports done, inside the sandbox.

Started as ``python -I -S -c "...; start(DESCRIPTOR)"``. The descriptor is a socket to the worker that carries
whole messages: first the specification, then one order per slot, with the slot's own socket to the worker.
"""

import _thread
import gc
import importlib
import json
import os
import select
import signal
import socket
import sys
import time
from collections.abc import Callable
from typing import Any, NoReturn

from postmill.sandbox.inside import calls, job, slot, view


def start(descriptor: int) -> NoReturn:
    """The program. Ends when the worker's socket closes; the kernel then ends every child with it."""
    control = socket.socket(fileno=descriptor)
    spec: dict[str, Any] = json.loads(control.recv(1 << 20))
    try:
        calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
        _prefer_as_oom_victim()
        if spec["isolated"]:
            _enter_sandbox(spec, control)
        state = _prepare(spec, control)
        _serve(state, control)
    except BaseException as error:
        control.send(json.dumps({"failed": f"{type(error).__name__}: {error}"}).encode())
    finally:
        os._exit(0)


def _prefer_as_oom_victim() -> None:
    with open("/proc/self/oom_score_adj", "w") as score:
        score.write("500")


def _enter_sandbox(spec: dict[str, Any], control: socket.socket) -> None:
    """New namespaces; the outer process stays behind only to end with the inner one."""
    uid, gid = os.geteuid(), os.getegid()
    calls.unshare(
        calls.CLONE_NEWUSER | calls.CLONE_NEWNS | calls.CLONE_NEWPID | calls.CLONE_NEWIPC | calls.CLONE_NEWUTS
    )
    calls.map_identity(0, 0, uid, gid)
    inner = os.fork()
    if inner:
        control.close()
        os.waitpid(inner, 0)
        os._exit(0)
    calls.prctl(calls.PR_SET_PDEATHSIG, signal.SIGKILL)
    os.setsid()
    view.enter(spec["view"])


def _prepare(spec: dict[str, Any], control: socket.socket) -> slot.ZygoteState:
    sys.path[:] = [*spec["python_path"], *(path for path in sys.path if path != spec["root"])]
    program = None
    if spec["program"] is not None:
        sys.path.insert(0, spec["root"])
        program = importlib.import_module(spec["program"])
        sys.path.remove(spec["root"])
        program.prepare(spec)
    missed = _import_without_network(spec["preimports"], spec["isolated"])
    if program is not None:
        program.rehearse()
        job.rehearse()
    state = slot.ZygoteState(spec, program)
    gc.collect()
    gc.freeze()
    control.send(json.dumps({"ready": os.getpid(), "landlock": state.landlock, "missed": missed}).encode())
    return state


def _import_without_network(modules: list[str], isolated: bool) -> list[str]:
    """Imports foreign modules in a thread without network and capabilities; returns those that failed.

    A thread has its own network namespace and capabilities, so that the children still get the real network.
    """
    if not modules:
        return []
    missed: list[str] = []

    def work() -> None:
        if isolated:
            calls.unshare(calls.CLONE_NEWNET)
            calls.drop_capabilities()
        for name in modules:
            try:
                importlib.import_module(name)
            except BaseException:
                missed.append(name)

    run_in_thread(work)
    return missed


def run_in_thread(work: Callable[[], None]) -> None:
    """Runs it in a thread of its own to its end, without the module ``threading``, see ``forget_threading``."""
    done = _thread.allocate_lock()
    done.acquire()

    def guarded() -> None:
        try:
            work()
        finally:
            done.release()

    _thread.start_new_thread(guarded, ())
    done.acquire()
    while len(os.listdir("/proc/self/task")) > 1 and _thread._count() > 0:
        time.sleep(0.0005)  # the thread has let go of the lock, but not yet ended


def _serve(state: slot.ZygoteState, control: socket.socket) -> None:
    wake_read, wake_write = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
    signal.set_wakeup_fd(wake_write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda _number, _frame: None)
    own_pids = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC) if state.isolated else -1
    poll = select.poll()
    poll.register(control, select.POLLIN)
    poll.register(wake_read, select.POLLIN)
    numbers: dict[int, int] = {}
    while True:
        for descriptor, _ in poll.poll():
            if descriptor == wake_read:
                os.read(wake_read, 4096)
                _reap(control, numbers)
            elif not _fork_ordered(state, control, own_pids, numbers):
                return


def _fork_ordered(
    state: slot.ZygoteState, control: socket.socket, own_pids: int, numbers: dict[int, int]
) -> bool:
    """Carries one order out; False when the worker is gone."""
    message, descriptors, _, _ = socket.recv_fds(control, 4096, 1)
    if not message:
        return False
    number = int(message)
    if state.isolated:
        calls.unshare(calls.CLONE_NEWPID)
    pid = os.fork()
    if pid == 0:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        slot.live(state, number, descriptors[0])
    if state.isolated:
        calls.setns(own_pids, calls.CLONE_NEWPID)
    os.close(descriptors[0])
    numbers[pid] = number
    return True


def _reap(control: socket.socket, numbers: dict[int, int]) -> None:
    """Tells the worker which slots have ended, with every process in them."""
    while True:
        try:
            pid, _ = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return
        if pid == 0:
            return
        number = numbers.pop(pid, None)
        if number is not None:
            control.send(json.dumps({"dead": number}).encode())
