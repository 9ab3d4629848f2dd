"""The two kinds of slots of a worker, each filled from the queue by an exchanger of its own.

Jobs in process slots start processes and use this machine. Jobs in light slots only wait for other servers, so that
many of them run beside each other; they must not wait for a process slot, nor keep one.
"""

from collections.abc import Iterable
from typing import Literal

from postmill.languages.registry import LANGUAGES
from postmill.queue.exchange import QueueLine
from postmill.worker.exchange import LINES, Exchanger
from postmill.worker.next_door import ServerNextDoor
from postmill.worker.running import RunningJobs
from postmill.worker.slots import LastJob, Slots
from postmill.worker.tools import Tools

SlotKind = Literal["process", "light"]

_LIGHT_TAGS = frozenset(language.default_tag for language in LANGUAGES if language.runs_in == "worker")


def kind_of_tag(tag: str) -> SlotKind:
    """Which slots take the jobs of a tag. Tags that people made up may lead to any language: they take processes."""
    return "light" if tag in _LIGHT_TAGS else "process"


class Side:
    """The slots of one kind."""

    def __init__(
        self, kind: SlotKind, slots: int, database_url: str, tools: Tools, running: RunningJobs
    ) -> None:
        self.kind = kind
        self.slots = Slots(tools, running, slots)
        self.exchanger = Exchanger(
            [QueueLine(database_url, tools.worker) for _ in range(LINES)],
            slots,
            start=self.slots.start,
            recorded=self.slots.recorded,
        )
        self.slots.exchanger = self.exchanger

    def offer_to(self, next_door: ServerNextDoor) -> None:
        """From now on the server next door hears when slots idle."""
        exchanger = self.exchanger
        self.slots.next_door = next_door
        exchanger.on_change = lambda: next_door.offer(self.kind, exchanger.tags, exchanger.idle)
        exchanger.on_change()

    @property
    def tags(self) -> list[str]:
        return self.exchanger.tags

    def follow(self, tags: Iterable[str]) -> None:
        """Serves those of the worker's tags that belong here."""
        self.exchanger.tags = [tag for tag in tags if kind_of_tag(tag) == self.kind]
        self.exchanger.wake()


def last_job(sides: Iterable[Side]) -> LastJob | None:
    """The job that was started last of those that have ended."""
    jobs = [side.slots.last_job for side in sides if side.slots.last_job is not None]
    return max(jobs, key=lambda job: job.started_at, default=None)
