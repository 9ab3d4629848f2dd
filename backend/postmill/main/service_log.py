"""What this process logs, also into the database: whoever keeps the instance reads there what any machine said."""

import asyncio
import logging
import socket
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime

import postmill
from postmill.db.pool import Pool
from postmill.db.retry import DATABASE_ERRORS
from postmill.kernel.ids import new_secret
from postmill.kernel.lasting import end, lasting
from postmill.main.log_output import JsonLines
from postmill.tables.instance import service_log
from postmill.tables.instance.service_log import LogFile, Mode

MOST_WAITING_LINES = 5_000
MOST_CHARACTERS = 1_000_000
MOST_OF_A_LINE = 10_000
SECONDS_TOGETHER = 2.0


class ServiceLog(logging.Handler):
    """Collects lines of any thread; the oldest go where the database does not take them in time."""

    def __init__(self, mode: Mode, worker_group: str | None = None) -> None:
        super().__init__()
        self.setFormatter(JsonLines(mode))
        self._mode: Mode = mode
        self._worker_group = worker_group
        self._hostname = socket.gethostname()
        self._process = new_secret("log").rpartition("_")[2][:8]
        self._waiting: deque[tuple[datetime, bool, str]] = deque(maxlen=MOST_WAITING_LINES)
        self._loop = asyncio.get_running_loop()
        self._has_lines = asyncio.Event()

    def emit(self, record: logging.LogRecord) -> None:
        try:
            line = self.format(record).replace("\0", "\ufffd")[:MOST_OF_A_LINE]
        except Exception:
            self.handleError(record)
            return
        minute = datetime.fromtimestamp(record.created, UTC).replace(second=0, microsecond=0)
        self._waiting.append((minute, record.levelno >= logging.WARNING, line))
        with suppress(RuntimeError):  # the loop has ended: nobody stores it
            self._loop.call_soon_threadsafe(self._has_lines.set)

    def note(self, message: str) -> None:
        """A line for those who read the stored log alone, where standard error says nothing."""
        self.handle(logging.LogRecord(__name__, logging.INFO, __file__, 0, message, None, None))

    async def keep_storing(self, pool: Pool) -> None:
        """Stores what comes in, a few seconds of it together, until cancelled."""
        while True:
            await self._has_lines.wait()
            await asyncio.sleep(SECONDS_TOGETHER)
            self._has_lines.clear()
            await self.store(pool)

    async def store(self, pool: Pool) -> None:
        """Stores what waits; where the database cannot be reached it goes on waiting."""
        while self._waiting:
            minute = self._waiting[0][0]
            lines: list[tuple[datetime, bool, str]] = []
            while self._waiting and self._waiting[0][0] == minute:
                lines.append(self._waiting.popleft())
            errors = sum(is_error for _, is_error, _ in lines)
            name = f"{self._mode}/{self._hostname}/{minute:%Y-%m-%dT%H-%M}_{self._process}.log"
            file = LogFile(
                file_path=name,
                hostname=self._hostname,
                mode=self._mode,
                worker_group=self._worker_group,
                logged_at=minute,
                ok_lines=len(lines) - errors,
                err_lines=errors,
            )
            content = "".join(f"{line}\n" for _, _, line in lines)
            try:
                await service_log.append(
                    pool, file, content.encode("utf-8", "replace").decode(), MOST_CHARACTERS
                )
            except BaseException as error:
                # Also where this is broken off, for whoever ends stores once more what waits.
                self._waiting.extendleft(reversed(lines))
                if not isinstance(error, DATABASE_ERRORS):
                    raise
                return  # said nowhere: it would be one more line that waits


@asynccontextmanager
async def logged_for_all(pool: Pool, mode: Mode, worker_group: str | None = None) -> AsyncIterator[None]:
    """What this process logs meanwhile is stored, to its last line."""
    handler = ServiceLog(mode, worker_group)
    logging.getLogger().addHandler(handler)
    handler.note(f"{mode} of Postmill {postmill.__version__} begins")
    storing = asyncio.create_task(lasting("the storing of log lines", lambda: handler.keep_storing(pool)))
    try:
        yield
    finally:
        logging.getLogger().removeHandler(handler)
        handler.note(f"{mode} ends")
        await end([storing], SECONDS_TOGETHER)
        with suppress(TimeoutError):
            async with asyncio.timeout(SECONDS_TOGETHER):
                await handler.store(pool)
