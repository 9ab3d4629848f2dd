"""The worker's side of the socket to the server under the same `up`: offers out, jobs in, their ends out."""

import socket
from collections.abc import Callable, Sequence
from uuid import UUID

import msgspec

from postmill.model.job import ClaimedJob, Ended
from postmill.queue.next_door import LARGEST_MESSAGE, Ending, Handed, Hello, Offer, Wall


class ServerNextDoor:
    """What the server beside this worker was offered, and for which of the running jobs it waits.

    ``on_job`` is called with each job that arrives, and whether it is this worker's; ``on_new_server`` when a server
    has started, which knows of no offers.
    """

    def __init__(
        self, end: socket.socket, worker: str, *, on_job: Callable[[ClaimedJob, bool], None]
    ) -> None:
        self.on_new_server: Callable[[], None] = _nothing
        self._worker = worker
        self._on_job = on_job
        self._decoder = msgspec.json.Decoder(Handed | Hello)
        self._open: dict[str, int] = {}
        self._tags: dict[str, tuple[str, ...]] = {}
        self._awaited: set[UUID] = set()
        self._wall = Wall(end, self._heard)

    def offer(self, kind: str, tags: Sequence[str], jobs: int) -> None:
        """Lets the server know how many jobs wait to be taken, as far as it has to know: none left, or some again."""
        known = self._open.get(kind, 0)
        if (known > 0) == (jobs > 0) and self._tags.get(kind) == tuple(tags):
            return
        self._tags[kind] = tuple(tags)
        self._open[kind] = jobs
        self._wall.send(Offer(self._worker, kind, self._tags[kind], jobs))

    def can_tell(self, ended: Ended) -> bool:
        """Whether the server will hear from here how this job ended."""
        return (
            ended.id in self._awaited
            and ended.result is not None
            and len(ended.result) < LARGEST_MESSAGE // 8
        )

    def tell(self, ended: Ended) -> None:
        """The end is committed."""
        if ended.result is not None:
            self._wall.send(Ending(ended.id, ended.status, ended.result))

    def forget(self, job_id: UUID) -> None:
        self._awaited.discard(job_id)

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
            if message.job.reply_channel is not None:
                self._awaited.add(message.job.id)
            for kind, tags in self._tags.items():
                if message.job.tag in tags:
                    self._open[kind] = max(0, self._open[kind] - 1)
        self._on_job(message.job, is_mine)


def _nothing() -> None:
    return None
