"""The worker's side of the socket to the server under the same `up`: offers out, jobs in, their ends out."""

import socket
from collections import OrderedDict
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from postmill.model.job import ClaimedJob, JobStatus, NewJob
from postmill.queue.next_door import (
    LARGEST_MESSAGE,
    Ending,
    Handed,
    Hello,
    NewFlow,
    Offer,
    Stored,
    Storing,
    Wall,
)

MOST_AWAITED = 10_000
"""A flow may wander to another worker, which never tells this one that it has ended."""


class ServerNextDoor:
    """What the server beside this worker was offered, and for which of the running jobs it waits.

    ``on_job`` is called with each job that arrives, and whether it is this worker's; ``on_flow`` with each flow that
    is to be stored here, if it is; ``on_new_server`` when a server has started, which knows of no offers.
    """

    def __init__(
        self,
        end: socket.socket,
        worker: str,
        *,
        on_job: Callable[[ClaimedJob, bool], None],
        on_flow: Callable[[NewJob], None],
    ) -> None:
        self.on_new_server: Callable[[], None] = _nothing
        self._worker = worker
        self._on_job = on_job
        self._on_flow = on_flow
        self._decoder = msgspec.json.Decoder(Handed | Hello | NewFlow)
        self._open: dict[str, int] = {}
        self._tags: dict[str, tuple[str, ...]] = {}
        self._awaited: OrderedDict[UUID, None] = OrderedDict()
        self._wall = Wall(end, self._heard)

    def offer(self, kind: str, tags: Sequence[str], jobs: int) -> None:
        """Lets the server know how many jobs wait to be taken, as far as it has to know: none left, or some again."""
        known = self._open.get(kind, 0)
        if (known > 0) == (jobs > 0) and self._tags.get(kind) == tuple(tags):
            return
        self._tags[kind] = tuple(tags)
        self._open[kind] = jobs
        self._wall.send(Offer(self._worker, kind, self._tags[kind], jobs))

    def can_tell(self, job_id: UUID, result: str | None) -> bool:
        """Whether the server will hear from here how this job ended."""
        return job_id in self._awaited and result is not None and len(result) < LARGEST_MESSAGE // 8

    def tell(self, job_id: UUID, status: JobStatus, result: str | None) -> None:
        """The end is committed."""
        self.forget(job_id)
        if result is not None:
            self._wall.send(Ending(job_id, status, result))

    def answer(self, flow: NewJob, storing: Storing) -> None:
        """Says what became of a new flow."""
        if storing == "stored" and flow.reply_channel is not None:
            self._await(flow.id)
        self._wall.send(Stored(flow.id, storing))

    def forget(self, job_id: UUID) -> None:
        self._awaited.pop(job_id, None)

    def _await(self, job_id: UUID) -> None:
        self._awaited[job_id] = None
        if len(self._awaited) > MOST_AWAITED:
            self._awaited.popitem(last=False)

    def close(self) -> None:
        self._wall.close()

    def _heard(self, data: bytes) -> None:
        message = self._decoder.decode(data)
        if isinstance(message, Hello):
            self._open.clear()
            self._tags.clear()
            self.on_new_server()
            return
        is_mine = message.worker == self._worker
        if is_mine:
            for kind, tags in self._tags.items():
                if message.job.tag in tags:
                    self._open[kind] = max(0, self._open[kind] - 1)
        if isinstance(message, NewFlow):
            if is_mine:
                self._on_flow(message.job)
            else:
                self.answer(message.job, "refused")
            return
        if is_mine and message.job.reply_channel is not None:
            self._await(message.job.id)
        self._on_job(message.job, is_mine)


def _nothing() -> None:
    return None
