"""A worker beside the server, under the same `up`: while it idles, a lone job goes straight to it.

The statement that stores such a job claims it for that worker as well; after the commit the job travels over a
socket between the two processes, and how it ended comes back on it. That saves the claim, its commit, and both
notifications. Nothing rests on the socket: a job that did not arrive is given back by the worker or rescued like any
other, and whoever waits for a result that was not told looks for it after a while.

A flow is not even stored before it travels: the worker stores it together with its first step, in one statement, and
answers that it did. Without that answer the server pushes it like any other job; its id can be stored only once.
"""

import asyncio
import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Literal
from uuid import UUID

import msgspec

from postmill.model.job import ClaimedJob, Completed, JobStatus, NewJob
from postmill.tables.jobs import push_alike

LARGEST_MESSAGE = 100_000
"""Bytes; larger jobs and results go through the database alone."""

STORED_WITHIN_SECONDS = 1.0
"""Without an answer after so long the server pushes a flow itself."""

_HEADROOM = 8_000


class Offer(msgspec.Struct, frozen=True, tag="offer"):
    """Worker to server: slots of this kind wait for so many jobs of these tags, and the queue holds none."""

    worker: str
    kind: str
    tags: tuple[str, ...]
    jobs: int


class Ending(msgspec.Struct, frozen=True, tag="ended"):
    """Worker to server: the end of a handed job is committed."""

    id: UUID
    status: JobStatus
    result: str


class Hello(msgspec.Struct, frozen=True, tag="hello"):
    """Server to worker: a server that knows of no offers yet has started."""


class Handed(msgspec.Struct, frozen=True, tag="job"):
    """Server to worker: a job that is committed as running on it."""

    worker: str
    job: ClaimedJob


class NewFlow(msgspec.Struct, frozen=True, tag="flow"):
    """Server to worker: a flow that nobody has stored yet. Worker to server: Stored."""

    worker: str
    job: NewJob


Storing = Literal["stored", "taken", "refused"]
"""What became of a new flow: it is committed, its id belongs to another job, or the queue had better have it."""


class Stored(msgspec.Struct, frozen=True, tag="stored"):
    """Worker to server: what became of a new flow."""

    id: UUID
    storing: Storing


_encode = msgspec.json.Encoder().encode


class Wall:
    """One end of the socket between the two processes; whole messages, sent at once or not at all."""

    def __init__(self, end: socket.socket, hear: Callable[[bytes], None]) -> None:
        self._end = end
        self._hear = hear
        end.setblocking(False)
        asyncio.get_running_loop().add_reader(end, self._readable)

    def send(self, message: msgspec.Struct) -> bool:
        """False when it could not be sent."""
        try:
            self._end.send(_encode(message))
        except OSError:
            return False
        return True

    def close(self) -> None:
        if self._end.fileno() >= 0:
            asyncio.get_running_loop().remove_reader(self._end)
            self._end.close()

    def _readable(self) -> None:
        with suppress(BlockingIOError):
            while data := self._end.recv(2 * LARGEST_MESSAGE):
                self._hear(data)
            asyncio.get_running_loop().remove_reader(self._end)  # the other process and `up` are gone


class WorkerNextDoor:
    """The server's view of the worker beside it; ``on_ended`` is called with each handed job that has ended."""

    def __init__(self, end: socket.socket, on_ended: Callable[[UUID, Completed], None]) -> None:
        self._on_ended = on_ended
        self._decoder = msgspec.json.Decoder(Offer | Ending | Stored)
        self._unstored: dict[UUID, asyncio.Future[Storing]] = {}
        self._offers: dict[str, Offer] = {}
        self._used: dict[str, int] = {}
        self._wall = Wall(end, self._heard)
        self._wall.send(Hello())

    def taker(self, job: NewJob) -> str | None:
        """The worker that waits for such a job; its offer counts as used. None: let the queue have it."""
        if not _is_simple(job):
            return None
        for kind, offer in self._offers.items():
            if job.tag in offer.tags and self._used[kind] < offer.jobs:
                self._used[kind] += 1
                return offer.worker
        return None

    def give(self, worker: str, job: ClaimedJob) -> bool:
        """Sends a committed job; False when it has to be given back to the queue."""
        return self._wall.send(Handed(worker, job))

    async def give_new(self, worker: str, flow: NewJob) -> Storing | None:
        """Sends a flow to be stored and begun; answers what became of it, None when nobody knows."""
        if flow.id in self._unstored:
            return "refused"
        if not self._wall.send(NewFlow(worker, flow)):
            return "refused"
        answer: asyncio.Future[Storing] = asyncio.get_running_loop().create_future()
        self._unstored[flow.id] = answer
        try:
            async with asyncio.timeout(STORED_WITHIN_SECONDS):
                return await answer
        except TimeoutError:
            return None
        finally:
            del self._unstored[flow.id]

    def close(self) -> None:
        self._wall.close()

    def _heard(self, data: bytes) -> None:
        message = self._decoder.decode(data)
        if isinstance(message, Offer):
            self._offers[message.kind] = message
            self._used[message.kind] = 0
        elif isinstance(message, Stored):
            answer = self._unstored.get(message.id)
            if answer is not None and not answer.done():
                answer.set_result(message.storing)
        else:
            self._on_ended(message.id, Completed(message.status, message.result))


def _is_simple(job: NewJob) -> bool:
    """Whether it may run at once, ends for good with its first end, and fits into a message."""
    return (
        job.kind in ("script", "preview", "flow", "flowpreview")
        and push_alike.is_plain(job)
        and not job.restart_unless_canceled
        and 4 * (len(job.args) + len(job.raw_code or "") + len(job.raw_lock or "")) + _HEADROOM
        < LARGEST_MESSAGE
    )
