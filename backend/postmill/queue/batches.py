"""Natural batching: what piles up while a statement is under way is the next statement's batch.

A lone item goes out at once; under load the batches grow until the database keeps up. One larger batch costs less than
two small ones side by side: a further statement goes out beside one that is under way only for many items, or when that
one takes long.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

from postmill.kernel.errors import Unavailable

PATIENCE_SECONDS = 0.02
"""So long an item waits for the statement under way, which may take much longer, while another could go out."""

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class Batches(Generic[Item, Answer]):
    """Collects items of many callers; ``flush(items)`` answers each with a value or an exception, in order.

    A batch has at most ``largest`` items and weighs at most ``heaviest``, unless one item alone is heavier. At most
    ``under_way`` statements run beside each other, a further one for ``worth_another`` items or more.
    """

    def __init__(
        self,
        flush: Callable[[list[Item]], Awaitable[list[Answer | Exception]]],
        *,
        largest: int,
        heaviest: int,
        weigh: Callable[[Item], int],
        under_way: int,
        worth_another: int = 1,
    ) -> None:
        self._flush = flush
        self._largest = largest
        self._heaviest = heaviest
        self._weigh = weigh
        self._most_under_way = self._free = under_way
        self._worth_another = worth_another
        self._patience: asyncio.TimerHandle | None = None
        self._waiting: deque[tuple[Item, asyncio.Future[Answer]]] = deque()
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    async def submit(self, item: Item) -> Answer:
        """Returns when the item's batch is through; raises what the batch made of it."""
        if self._closed:
            raise Unavailable("Unavailable: the server is stopping")
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        self._waiting.append((item, answer))
        if self._free == self._most_under_way or (self._free and len(self._waiting) >= self._worth_another):
            self._send()
        elif self._free and self._patience is None:
            self._patience = loop.call_later(PATIENCE_SECONDS, self._lose_patience)
        return await answer

    def _send(self) -> None:
        self._free -= 1
        task = asyncio.create_task(self._drain())
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _lose_patience(self) -> None:
        self._patience = None
        if self._waiting and self._free:
            self._send()

    async def close(self) -> None:
        """Takes nothing new and waits for what was taken."""
        self._closed = True
        while self._tasks:
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _drain(self) -> None:
        try:
            while self._waiting:
                await self._flush_one()
        finally:
            self._free += 1

    def _next_batch(self) -> list[tuple[Item, asyncio.Future[Answer]]]:
        batch = [self._waiting.popleft()]
        weight = self._weigh(batch[0][0])
        while self._waiting and len(batch) < self._largest:
            weight += self._weigh(self._waiting[0][0])
            if weight > self._heaviest:
                break
            batch.append(self._waiting.popleft())
        return batch

    async def _flush_one(self) -> None:
        batch = self._next_batch()
        try:
            answers = await self._flush([item for item, _ in batch])
        except Exception as error:
            answers = [error] * len(batch)
        except BaseException:
            # The process ends: nobody may be left waiting for an answer.
            for _, answer in batch:
                answer.cancel()
            raise
        for (_, answer), value in zip(batch, answers, strict=True):
            if answer.done():
                continue
            if isinstance(value, Exception):
                answer.set_exception(value)
            else:
                answer.set_result(value)
