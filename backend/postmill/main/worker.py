"""A worker process: claims jobs and runs them in the languages it knows.

Runs under `up`, which hands the settings over, or alone around a shared database.
"""

import asyncio
import logging
import os
import signal
import socket
import sys

import uvloop

from postmill.kernel.errors import PostmillError
from postmill.kernel.settings import Settings
from postmill.main import handover
from postmill.main.garbage import settle
from postmill.main.log_output import log_to_stderr, sentences_for_failures
from postmill.main.protection import protect
from postmill.main.pulse import signs_of_life
from postmill.main.service_log import logged_for_all
from postmill.main.wiring import open_backbone
from postmill.sandbox.levels import IsolationUnavailable
from postmill.worker.process import run_worker


class CannotWork(PostmillError):
    """This machine cannot isolate jobs: starting again does not help."""


def work_alone(settings: Settings) -> None:
    """`postmill worker`: work until SIGTERM or SIGINT, then drain; asked to restart, begin from the start."""
    protect()
    log_to_stderr("worker")
    if uvloop.run(work(settings)):
        logging.getLogger(__name__).info("the worker starts anew, as it was asked to")
        os.execv(sys.executable, sys.orig_argv)  # noqa: S606 - this program itself


def work_under_launcher() -> None:
    """The worker that `up` starts; tells it when starting again is of no use."""
    protect()
    given = handover.receive()
    log_to_stderr("worker")
    with sentences_for_failures():
        try:
            server = None if given.next_door is None else socket.socket(fileno=given.next_door)
            if uvloop.run(_work_watched(given, server)):
                sys.exit(handover.RESTART_STATUS)
        except CannotWork as error:
            logging.getLogger(__name__).error("%s", error.message)
            handover.report(handover.Report(trouble=error.message))
            sys.exit(handover.CANNOT_WORK_STATUS)


async def _work_watched(given: handover.Handover, server: socket.socket | None) -> bool:
    async with signs_of_life(given.pulse, given.settings.hang_seconds):
        return await work(given.settings, server)


async def work(settings: Settings, server: socket.socket | None = None) -> bool:
    """Work until a signal asks to stop, then let the jobs end or hand them back. Raises CannotWork.

    ``server`` leads to the server under the same `up`. Answers whether the process should start anew.
    """
    try:
        return await _work(settings, server)
    except IsolationUnavailable as error:
        raise CannotWork(str(error)) from None


def _started() -> None:
    settle()
    handover.report(handover.Report())


async def _work(settings: Settings, server: socket.socket | None) -> bool:
    backbone = await open_backbone(settings, "worker")
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for signal_number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(signal_number, stopping.set)
    try:
        async with logged_for_all(backbone.pool, "worker", settings.worker_group):
            return await run_worker(backbone, settings, stopping, _started, server)
    finally:
        await backbone.close()


if __name__ == "__main__":
    work_under_launcher()
