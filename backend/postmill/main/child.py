"""A process that `up` starts, watches, starts again when it ends unasked, and stops."""

import asyncio
import logging
import os
import signal
import sys
from asyncio.subprocess import Process
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import msgspec

from postmill.main.handover import (
    DESCRIPTOR,
    REPORT_DESCRIPTOR,
    RESTART_STATUS,
    Handover,
    Report,
    encode,
    environment_for_child,
)
from postmill.main.pulse import LOOKS, Signs

HEALTHY_AFTER_SECONDS = 30.0
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 30.0
KILL_AFTER_SECONDS = 5.0
PAUSE_WITHOUT_ROOM_SECONDS = 3.0
LAST_PICTURE_SECONDS = 2.0
"""So long a process that hangs may take to show what its threads do."""

_log = logging.getLogger(__name__)


class Child:
    """One program (`postmill.main.server`, `postmill.main.worker`) and the process that runs it now.

    A process can be started before its settings are known: it imports its modules meanwhile and waits for them.
    One that gives no sign of life for ``hang_seconds`` counts as ended; 0: it may hang.
    """

    def __init__(
        self, name: str, module: str, *, cwd: Path, inherited: tuple[int, ...] = (), hang_seconds: float = 0.0
    ) -> None:
        self.name = name
        self._module = module
        self._cwd = cwd
        self._inherited = inherited
        self._hang_seconds = hang_seconds
        self._process: Process | None = None
        self._handover_pipe: int | None = None
        self._report_pipe: int | None = None
        self._pulse_pipe: int | None = None
        self._pulse_of_process = -1  # the number of that pipe's other end, in the process
        self._stopping = False

    async def launch(self) -> None:
        """Start the process; it does nothing before ``hand_over``."""
        handover_read, self._handover_pipe = os.pipe()
        self._report_pipe, report_write = os.pipe()
        self._pulse_pipe, self._pulse_of_process = os.pipe()
        environment = {
            **environment_for_child(dict(os.environ)),
            DESCRIPTOR: str(handover_read),
            REPORT_DESCRIPTOR: str(report_write),
            # Few threads, little memory: one arena per core would only spread it.
            "MALLOC_ARENA_MAX": "2",
        }
        try:
            self._process = await asyncio.create_subprocess_exec(
                # -P: a file in the current directory never takes the place of a module.
                *(sys.executable, "-P", "-m", self._module),
                env=environment,
                cwd=self._cwd,
                pass_fds=(handover_read, report_write, self._pulse_of_process, *self._inherited),
                stdin=asyncio.subprocess.DEVNULL,
                # A terminal's Ctrl-C is for `up` alone, which stops its children in order.
                start_new_session=True,
            )
        finally:
            os.close(handover_read)
            os.close(report_write)
            os.close(self._pulse_of_process)

    def hand_over(self, handover: Handover) -> None:
        """Give the process its settings; once per launch."""
        assert self._handover_pipe is not None
        with os.fdopen(self._handover_pipe, "wb") as pipe:
            self._handover_pipe = None
            # A child that ended already is noticed by whoever waits for it.
            with suppress(BrokenPipeError):
                pipe.write(encode(replace(handover, pulse=self._pulse_of_process)))

    async def ready(self) -> Report | None:
        """Wait until the process says that it does its work; None when it ended before."""
        assert self._report_pipe is not None
        pipe, self._report_pipe = os.fdopen(self._report_pipe, "rb"), None
        reader = asyncio.StreamReader()
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), pipe
        )
        try:
            said = await reader.read()
        finally:
            transport.close()
        return msgspec.json.decode(said, type=Report) if said else None

    async def keep_running(self, handover: Callable[[], Handover]) -> None:
        """Start the process again, with growing pauses, whenever it ends before ``stop`` was called."""
        loop = asyncio.get_running_loop()
        attempt = 0
        while not self._stopping:
            started = loop.time()
            status = await self._wait()
            if self._stopping:
                return
            if status == RESTART_STATUS:
                attempt, pause = 0, 0.0
                _log.info("the %s starts anew, as it was asked to", self.name)
            else:
                attempt = 1 if loop.time() - started > HEALTHY_AFTER_SECONDS else attempt + 1
                pause = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2.0 ** (attempt - 1))
                _log.error("the %s ended with status %d; it starts again in %.1f s", self.name, status, pause)
            self._close_pipes()
            await asyncio.sleep(pause)
            await self._launch_again(handover)

    async def _launch_again(self, handover: Callable[[], Handover]) -> None:
        """Until it comes about: a machine may be out of processes or of memory for a while."""
        while not self._stopping:
            try:
                await self.launch()
            except OSError as error:
                _log.error("the %s does not start: %s", self.name, error)
                self._close_pipes()
                await asyncio.sleep(PAUSE_WITHOUT_ROOM_SECONDS)
                continue
            if self._stopping:  # meanwhile: whoever stops it has seen the process before this one
                self.kill()
                self._close_pipes()
            else:
                self.hand_over(handover())
            return

    async def stop(self, grace_seconds: float) -> None:
        """Ask the process to end, wait for it that long, then kill it."""
        self._stopping = True
        self._close_pipes()
        process = self._process
        if process is None or process.returncode is not None:
            return
        for signal_number, seconds in ((signal.SIGTERM, grace_seconds), (signal.SIGKILL, KILL_AFTER_SECONDS)):
            with suppress(ProcessLookupError):
                process.send_signal(signal_number)
            with suppress(TimeoutError):
                await asyncio.wait_for(process.wait(), seconds)
                return
            _log.warning("the %s did not end within %.0f s", self.name, seconds)

    def kill(self) -> None:
        """End the process at once."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    async def _wait(self) -> int:
        process = self._process
        assert process is not None
        watching = asyncio.create_task(self._end_if_it_hangs(process))
        try:
            return await process.wait()
        finally:
            watching.cancel()

    async def _end_if_it_hangs(self, process: Process) -> None:
        if not self._hang_seconds or self._pulse_pipe is None:
            return
        signs = Signs(self._pulse_pipe)
        while True:
            await asyncio.sleep(self._hang_seconds / LOOKS)
            if self._stopping:
                return  # whoever stops it kills it in time, and has closed the pipe
            if signs.are_missing():
                break
        _log.error(
            "the %s gives no sign of life for %.0f s and is ended; what its threads do stands below",
            self.name, self._hang_seconds,
        )  # fmt: skip
        with suppress(ProcessLookupError):
            process.send_signal(signal.SIGABRT)
            await asyncio.sleep(LAST_PICTURE_SECONDS)
            process.kill()

    def _close_pipes(self) -> None:
        for descriptor in (self._handover_pipe, self._report_pipe, self._pulse_pipe):
            if descriptor is not None:
                os.close(descriptor)
        self._handover_pipe = self._report_pipe = self._pulse_pipe = None
