import asyncio

import pytest

from postmill.kernel.errors import Unavailable
from postmill.queue.batches import Batches


async def test_what_piles_up_during_a_flush_is_the_next_batch() -> None:
    gate = asyncio.Event()
    seen: list[list[int]] = []
    flushing = asyncio.Event()

    async def flush(items: list[int]) -> list[int | Exception]:
        seen.append(items)
        flushing.set()
        await gate.wait()
        return [item * 10 for item in items]

    batches: Batches[int, int] = Batches(flush, largest=4, heaviest=100, weigh=lambda _: 1, under_way=1)
    tasks = [asyncio.create_task(batches.submit(number)) for number in range(7)]
    await flushing.wait()
    gate.set()
    assert await asyncio.gather(*tasks) == [0, 10, 20, 30, 40, 50, 60]
    assert [len(batch) for batch in seen] == [4, 3]


async def test_heavy_items_do_not_share_a_batch() -> None:
    sizes: list[int] = []

    async def flush(items: list[int]) -> list[int | Exception]:
        sizes.append(sum(items))
        return list(items)

    batches: Batches[int, int] = Batches(flush, largest=10, heaviest=5, weigh=lambda item: item, under_way=1)
    await asyncio.gather(*(batches.submit(weight) for weight in (3, 3, 9, 1, 1)))
    assert sizes == [3, 3, 9, 2]


async def test_a_failed_flush_fails_its_items_and_no_others() -> None:
    async def flush(items: list[int]) -> list[int | Exception]:
        if 1 in items:
            raise OSError("gone")
        return [ValueError("odd") if item % 2 else item for item in items]

    batches: Batches[int, int] = Batches(flush, largest=1, heaviest=9, weigh=lambda _: 1, under_way=2)
    answers = await asyncio.gather(*(batches.submit(number) for number in range(4)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [int, OSError, int, ValueError]


class _Held:
    """Flushes that end when they are told to."""

    def __init__(self) -> None:
        self.begun: asyncio.Queue[list[int]] = asyncio.Queue()
        self.gate = asyncio.Event()

    async def flush(self, items: list[int]) -> list[int | Exception]:
        self.begun.put_nowait(items)
        await self.gate.wait()
        return list(items)


async def test_a_further_statement_goes_out_for_many_items_or_beside_one_that_takes_long() -> None:
    held = _Held()
    batches: Batches[int, int] = Batches(
        held.flush, largest=10, heaviest=99, weigh=lambda _: 1, under_way=2, worth_another=3
    )
    tasks = [asyncio.create_task(batches.submit(1))]
    assert await held.begun.get() == [1]
    tasks += [asyncio.create_task(batches.submit(number)) for number in (2, 3, 4)]
    assert await held.begun.get() == [2, 3, 4]
    held.gate.set()
    await asyncio.gather(*tasks)
    held.gate.clear()
    tasks = [asyncio.create_task(batches.submit(5))]
    assert await held.begun.get() == [5]
    tasks.append(asyncio.create_task(batches.submit(6)))
    assert await held.begun.get() == [6], "it does not wait for the end of the one before"
    held.gate.set()
    assert await asyncio.gather(*tasks) == [5, 6]


async def test_closing_waits_for_what_was_taken() -> None:
    flushed: list[int] = []

    async def flush(items: list[int]) -> list[Exception | None]:
        await asyncio.sleep(0)
        flushed.extend(items)
        return [None] * len(items)

    batches: Batches[int, None] = Batches(flush, largest=2, heaviest=9, weigh=lambda _: 1, under_way=1)
    tasks = [asyncio.create_task(batches.submit(number)) for number in range(5)]
    await asyncio.sleep(0)
    await batches.close()
    await asyncio.gather(*tasks)
    assert flushed == [0, 1, 2, 3, 4]
    with pytest.raises(Unavailable):
        await batches.submit(6)
