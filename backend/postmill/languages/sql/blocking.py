"""Databases whose client blocks: each connection has a thread of its own, and answers to the event loop."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from typing import Protocol, TypeVar

from postmill.languages.rows import Row, RowSink
from postmill.languages.sql.failure import SqlFailed
from postmill.languages.sql.plain_values import shaped
from postmill.languages.sql.plan import PlannedStatement
from postmill.languages.sql.runtime import Work

BATCH_ROWS = 1000

T = TypeVar("T")


class Client(Protocol):
    """A blocking connection. All but ``cancel`` is called in one thread, one call at a time.

    Every method raises SqlFailed for what the database refuses, with a sentence.
    """

    is_open: bool

    def execute(self, work: Work, statement: PlannedStatement) -> Sequence[str] | None:
        """Runs a statement; answers the names of its columns, None where it has no rows."""

    def fetch(self, count: int) -> Sequence[Row]:
        """The next rows, at most so many; none at the end."""

    def next_set(self) -> tuple[bool, Sequence[str] | None]:
        """Whether the statement has a further result, and the names of its columns."""

    def said(self) -> str:
        """What the database says about a statement without rows."""

    def cancel(self) -> None:
        """Stops what runs, on the server too; called from another thread."""

    def close(self) -> None: ...


class BlockingSession:
    """See ``languages.sql.runtime.Session``."""

    def __init__(
        self, client: Client, thread: ThreadPoolExecutor, leaves: Callable[[PlannedStatement], bool]
    ) -> None:
        self._client = client
        self._thread = thread
        self._leaves = leaves
        self._is_touched = False
        self._is_running = False

    @property
    def is_open(self) -> bool:
        return self._client.is_open

    @property
    def is_clean(self) -> bool:
        return not self._is_touched

    async def tidy(self) -> bool:
        return self.is_clean

    async def close(self) -> None:
        if self._is_running:
            # Not in its own thread, which waits for the server.
            await asyncio.to_thread(self._client.cancel)
        # Behind what is still under way there, whose end nobody waits for.
        self._thread.submit(self._client.close)
        self._thread.shutdown(wait=False)

    async def run(self, work: Work) -> None:
        statements = work.plan.statements
        for number, statement in enumerate(statements, 1):
            self._is_touched = self._is_touched or self._leaves(statement)
            wanted = work.results.wants(is_last=number == len(statements))
            is_alone = len(statements) == 1
            try:
                names = await self._call(lambda one=statement: self._client.execute(work, one))  # type: ignore[misc]
                has_more = True
                while has_more:
                    sink = await work.results.begin(is_alone=is_alone) if wanted else None
                    await self._rows(work, names, sink)
                    has_more, names = await self._call(self._client.next_set)
            except SqlFailed as error:
                offset = None if error.place is None else statement.offset_of(*error.place)
                raise SqlFailed(work.plan.told(statement, str(error), offset)) from None

    async def _rows(self, work: Work, names: Sequence[str] | None, sink: RowSink | None) -> None:
        if names is None:
            work.say(await self._call(self._client.said))
            return
        rows = await self._call(lambda: self._client.fetch(BATCH_ROWS))
        columns, shape = shaped(names, rows)
        if sink is not None:
            await sink.open(columns)
        is_first = True
        while rows:
            if sink is not None and (is_first or not work.results.first_only):
                await sink.write([shape(row) for row in (rows[:1] if work.results.first_only else rows)])
            is_first = False
            # Behind the last rows, some clients go on with the next result.
            has_more = len(rows) == BATCH_ROWS
            rows = await self._call(lambda: self._client.fetch(BATCH_ROWS)) if has_more else ()

    async def _call(self, function: Callable[[], T]) -> T:
        self._is_running = True
        try:
            result = await _answer(self._thread, function)
        except SqlFailed:
            self._is_running = False
            raise
        self._is_running = False
        return result


async def open_blocking(
    connect: Callable[[], Client], leaves: Callable[[PlannedStatement], bool], connect_seconds: float
) -> BlockingSession:
    """Connects in a new thread that stays with the connection."""
    thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="sql")
    connecting = thread.submit(connect)
    try:
        async with asyncio.timeout(connect_seconds):
            client = await asyncio.wrap_future(connecting)
    except BaseException as error:
        # Who comes too late is sent away again.
        connecting.add_done_callback(_leave)
        thread.shutdown(wait=False)
        if isinstance(error, TimeoutError):
            raise SqlFailed(f"the database did not answer within {connect_seconds:g} s") from None
        raise
    return BlockingSession(client, thread, leaves)


def _leave(connecting: "Future[Client]") -> None:
    if not connecting.cancelled() and connecting.exception() is None:
        connecting.result().close()


async def _answer(thread: ThreadPoolExecutor, function: Callable[[], T]) -> T:
    return await asyncio.wrap_future(thread.submit(function))
