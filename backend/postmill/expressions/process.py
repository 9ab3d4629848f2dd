"""The outer side: one sandboxed process that answers questions in the order in which they come.

Questions are sent ahead while earlier ones are under way, so that nobody waits for a round trip. The time of a
question runs from the moment it is the next one; a process that exceeds it is killed and replaced, and the
questions behind are asked again.
"""

import asyncio
import json
import sys
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import _quickjs  # type: ignore[import-not-found]

from postmill.expressions import wire
from postmill.kernel.errors import Unavailable
from postmill.kernel.json import encode
from postmill.model.limits import Limits
from postmill.sandbox.child import Child, ChildEnd, encode_frame
from postmill.sandbox.slot import Slot, SlotLost
from postmill.sandbox.zygote import Zygote, ZygoteFailed

PROGRAM = "postmill.expressions.inside"
ENGINE = Path(_quickjs.__file__)
PYTHON = Path(getattr(sys, "_base_executable", sys.executable))

_SENT_AHEAD = 64
_MOST_TRIES = 3
_SECOND_LOOK_SECONDS = 0.05
_PROCESS_BYTES = 1 << 30


@dataclass(eq=False)
class Question:
    """One evaluation; ``answer`` becomes the letter and the content that the inner side sent."""

    frame: bytes
    answer: asyncio.Future[tuple[bytes, bytes]]
    number: int
    tries: int = field(default=0)


class EvaluatorProcess:
    """A line of questions in front of one process, which is started when the first one comes."""

    def __init__(self, zygote: Zygote, seconds: float) -> None:
        self._zygote = zygote
        self._seconds = seconds
        self._loop = asyncio.get_running_loop()
        self._waiting: deque[Question] = deque()
        self._sent: deque[Question] = deque()
        self._slot: Slot | None = None
        self._child: Child | None = None
        self._starting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._numbers = 0
        self.started = 0  # how many processes there have been

    @property
    def load(self) -> int:
        """How many questions are not answered."""
        return len(self._waiting) + len(self._sent)

    async def ask(self, header: dict[str, Any], body: str, texts: list[bytes]) -> tuple[bytes, bytes]:
        """The letter and the content of the answer; ``X`` too when the process had to be killed for it.

        Raises Unavailable when no process can be started.
        """
        self._numbers += 1
        parts = [
            wire.encode_header({**header, "number": self._numbers}),
            body.encode("utf-8", "replace"),
            *texts,
        ]
        frame = encode_frame(b"Q", wire.pack_parts(parts))
        question = Question(frame, self._loop.create_future(), self._numbers)
        self._waiting.append(question)
        self._send_ahead()
        return await question.answer

    def _send_ahead(self) -> None:
        child = self._child
        if child is None:
            if self._starting is None:
                self._starting = self._loop.create_task(self._start())
            return
        while self._waiting and len(self._sent) < _SENT_AHEAD:
            question = self._waiting.popleft()
            if question.answer.done():
                continue  # nobody waits for it any more
            question.tries += 1
            self._sent.append(question)
            child.send(question.frame)
            if len(self._sent) == 1:
                self._watch_time()

    async def _start(self) -> None:
        try:
            child = await self._fresh_child()
        except (ZygoteFailed, SlotLost) as error:
            self._starting = None
            self._zygote.hear()  # whoever asked looks whether it is alive, and asks another one where it is not
            for question in self._take_all():
                if not question.answer.done():
                    question.answer.set_exception(
                        Unavailable(f"expressions cannot be evaluated now: {error}")
                    )
            return
        self._starting = None
        self._child = child
        self.started += 1
        child.on_frame = self._answered
        child.frame_limit = _PROCESS_BYTES
        child.ended.add_done_callback(self._ended)
        child.watch(Limits(memory_bytes=_PROCESS_BYTES, processes=4))
        limits = {"file_bytes": 0, "open_files": 16, "data_bytes": _PROCESS_BYTES}
        orders = encode({"env": {}, "limits": limits})
        child.send(encode_frame(b"H", orders) + encode_frame(b"G", b""))
        self._send_ahead()

    async def _fresh_child(self) -> Child:
        """A child that takes orders, in the slot of the one before if that is clean. Raises ZygoteFailed, SlotLost."""
        if self._slot is None or not self._slot.is_free:
            self._slot = self._zygote.open_slot()
            await asyncio.wait([self._slot.ready])
        child = self._slot.start_child()
        await asyncio.wait([child.ready])
        if not child.usable:
            raise ZygoteFailed(child.trouble or "the process ended before it was ready")
        return child

    def _answered(self, kind: bytes, content: bytes) -> None:
        number, answer = wire.unpack_answer(content)
        if not self._sent or self._sent[0].number != number:
            return
        question = self._sent.popleft()
        if not question.answer.done():
            question.answer.set_result((kind, answer))
        self._watch_time()
        self._send_ahead()

    def _watch_time(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._sent:
            self._timer = self._loop.call_later(self._seconds, self._look_again, self._sent[0])

    def _look_again(self, question: Question) -> None:
        """The time is over, unless this process was kept from reading the answer; it gets a moment for that."""
        self._timer = self._loop.call_later(_SECOND_LOOK_SECONDS, self._over_time, question)

    def _over_time(self, question: Question) -> None:
        self._timer = None
        if self._child is None or not self._sent or self._sent[0] is not question:
            return
        self._sent.popleft()
        if not question.answer.done():
            question.answer.set_result((b"X", b"InternalError: interrupted"))
        self._child.terminate("timeout", grace_seconds=0.0)

    def _ended(self, ended: asyncio.Future[ChildEnd]) -> None:
        """The process is gone: what it had not answered goes to the next one, but not for ever."""
        self._child = None
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        end = ended.result()
        unanswered, self._sent = self._sent, deque()
        for question in reversed(unanswered):
            if question.tries < _MOST_TRIES:
                self._waiting.appendleft(question)
            elif not question.answer.done():
                out_of_memory = end.cause == "memory"
                reason = "out of memory" if out_of_memory else "the evaluator ended unexpectedly"
                question.answer.set_result((b"X", f"InternalError: {reason}".encode()))
        if self._waiting:
            self._send_ahead()

    def _take_all(self) -> list[Question]:
        taken = [*self._sent, *self._waiting]
        self._sent.clear()
        self._waiting.clear()
        return taken

    async def close(self) -> None:
        """Ends it; questions without an answer are given up."""
        if self._starting is not None:
            self._starting.cancel()
            await asyncio.gather(self._starting, return_exceptions=True)
        if self._timer is not None:
            self._timer.cancel()
        for question in self._take_all():
            question.answer.cancel()


def read_needs(content: bytes) -> list[tuple[str, str]]:
    """What an expression turned out to need: kinds and names."""
    return [(kind, name) for kind, name in json.loads(content)]
