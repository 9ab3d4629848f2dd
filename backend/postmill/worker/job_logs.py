"""What jobs print, on its way into the database: decoded, masked, bounded, in batches.

Nothing is stored before it is masked. The last piece of a log is not written here: it goes into the transaction that
ends the job.
"""

import asyncio
import codecs
import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial

from postmill.db.pool import Pool
from postmill.db.retry import retrying
from postmill.model.job import ClaimedJob
from postmill.tables.output import job_log, job_stream
from postmill.tables.output.job_log import Piece
from postmill.worker.masking import Masker
from postmill.worker.secrets_read import SecretsRead

FLUSH_SECONDS = 0.5
LEARN_FOR_SECONDS = 600.0
LONGEST_TAIL = 256 * 1024
"""A longer rest is stored before the job ends, so that the statement that ends it stays short."""

_Decoder = codecs.getincrementaldecoder("utf-8")

_log = logging.getLogger(__name__)


class JobLog:
    """The log and the result stream of one attempt; the ``LogSink`` that its language writes to."""

    def __init__(self, job: ClaimedJob, writer: "LogWriter", limit_bytes: int, start_at: int = 0) -> None:
        self.job_id = job.id
        self.attempt = job.attempt
        self.masker = Masker()
        self.stored = start_at
        self.stream_stored = 0
        self.known_secrets: set[str] = set()
        self.can_read_secrets = False
        self.flush_under_way: asyncio.Future[None] | None = None
        self._writer = writer
        self._room = limit_bytes
        self._limit = limit_bytes
        self._chunks: list[bytes] = []
        self._decoder: codecs.IncrementalDecoder | None = None  # of a log that is stored in pieces
        self._text = ""
        self._stream: list[str] = []
        self._collected = 0
        self._collected_stream = 0

    def write(self, data: bytes) -> None:
        """Takes output; beyond the limit a notice takes the place of the rest."""
        if self._room <= 0:
            return
        self._room -= len(data)
        if self._room <= 0:
            data = data[: len(data) + self._room] + self._notice()
        self._chunks.append(data)
        if len(self._chunks) == 1:  # else those before it have been noted
            self._writer.note_change(self)

    def stream(self, text: str) -> None:
        """Takes a piece of the streamed result."""
        self._stream.append(text)
        self._writer.note_change(self)

    def collect(self) -> None:
        """Puts what has arrived by now in front of the next ``take``; what comes later is not taken with it."""
        self._text = self._decoded(final=False)
        self._collected = len(self._text)
        self._collected_stream = len(self._stream)

    def take_log(self) -> Piece | None:
        """What was collected and can be stored now; the begin of something that may be a secret stays."""
        text = self._text[: self._collected]
        length = self.masker.safe_length(text)
        self._text = self._text[length:]
        self._collected = 0
        return self._piece(self.masker.mask(text[:length]))

    def take_stream(self) -> Piece | None:
        """The collected pieces of the result stream as one."""
        if not self._collected_stream:
            return None
        pieces = self._stream[: self._collected_stream]
        del self._stream[: self._collected_stream]
        self._collected_stream = 0
        text = self.masker.mask("".join(pieces)).replace("\0", "\ufffd")
        piece = Piece(self.job_id, self.attempt, self.stream_stored, text)
        self.stream_stored += len(text)
        return piece

    @property
    def may_finish_at_once(self) -> bool:
        """Whether the rest can be taken without waiting for the database."""
        return (
            self.flush_under_way is None
            and not self.can_read_secrets
            and not self._stream
            and self._limit - self._room <= LONGEST_TAIL
        )

    def take_rest(self) -> Piece | None:
        """All that is left, when nothing more will come."""
        text = self._decoded(final=True)
        self._text = ""
        return self._piece(self.masker.mask(text))

    def _piece(self, text: str) -> Piece | None:
        if not text:
            return None
        piece = Piece(self.job_id, self.attempt, self.stored, text)
        self.stored += len(text)
        return piece

    def _decoded(self, final: bool) -> str:
        data = b"".join(self._chunks)
        self._chunks.clear()
        if self._decoder is None and final:
            return self._text + data.decode("utf-8", "replace").replace("\0", "\ufffd")
        if self._decoder is None:
            self._decoder = _Decoder("replace")
        return self._text + self._decoder.decode(data, final).replace("\0", "\ufffd")

    def _notice(self) -> bytes:
        return f"\n--- the log is longer than {self._limit} bytes; the rest is left out ---\n".encode()


class LogWriter:
    """Stores the logs of all jobs of a worker, every half second in one statement."""

    def __init__(self, pool: Pool, secrets: SecretsRead | None = None) -> None:
        self._pool = pool
        self._secrets = secrets
        self._changed: set[JobLog] = set()
        self._timer: asyncio.TimerHandle | None = None
        self._flushes: set[asyncio.Task[None]] = set()

    def note_change(self, log: JobLog) -> None:
        """Has the log stored soon."""
        self._changed.add(log)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(FLUSH_SECONDS, self._start_flush)

    def forget(self, log: JobLog) -> None:
        """Nothing of what it holds is stored."""
        self._changed.discard(log)

    async def finish(self, log: JobLog) -> Piece | None:
        """The last piece, after everything before it is stored; to be recorded with the end of the job."""
        self._changed.discard(log)
        if log.flush_under_way is not None:
            await asyncio.shield(log.flush_under_way)
        log.collect()
        await self.learn_secrets([log])
        stream = log.take_stream()
        if stream is not None:
            await self._store(job_stream.append, [stream])
        rest = log.take_rest()
        if rest is None or len(rest.content) <= LONGEST_TAIL:
            return rest
        await self._store(job_log.append, [rest])
        return None

    def finish_at_once(self, log: JobLog) -> Piece | None:
        """The last piece of a log of which ``may_finish_at_once`` is true."""
        self._changed.discard(log)
        return log.take_rest()

    async def learn_secrets(self, logs: Iterable[JobLog]) -> None:
        """Has the logs mask what their jobs have read over the API so far."""
        readers = [log for log in logs if log.can_read_secrets]
        if self._secrets is not None and readers:
            # Without an answer nothing may be stored: it might hold a secret.
            await retrying(partial(self._secrets.refresh, readers), give_up_after=LEARN_FOR_SECONDS)

    async def close(self) -> None:
        """Stores what can be stored of what is left."""
        if self._timer is not None:
            self._timer.cancel()
            self._start_flush()
        await asyncio.gather(*self._flushes, return_exceptions=True)

    def _start_flush(self) -> None:
        self._timer = None
        logs, self._changed = self._changed, set()
        task = asyncio.create_task(self._flush(logs))
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)

    async def _flush(self, logs: set[JobLog]) -> None:
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        before = {log.flush_under_way for log in logs if log.flush_under_way is not None}
        for log in logs:
            log.flush_under_way = done
        try:
            if before:
                await asyncio.wait(before)
            for log in logs:
                log.collect()
            await self.learn_secrets(logs)
            await self._store(job_log.append, [piece for log in logs if (piece := log.take_log())])
            await self._store(job_stream.append, [piece for log in logs if (piece := log.take_stream())])
        except Exception:
            _log.exception("the logs of %d jobs are stored later", len(logs))
            for log in logs:
                self.note_change(log)
        finally:
            done.set_result(None)
            for log in logs:
                if log.flush_under_way is done:
                    log.flush_under_way = None

    async def _store(
        self, append: Callable[[Pool, list[Piece]], Awaitable[None]], pieces: list[Piece]
    ) -> None:
        try:
            await retrying(lambda: append(self._pool, pieces))
        except Exception:
            # The job matters more than a piece of its log; its end is still recorded.
            _log.exception("pieces of the logs of %d jobs are lost", len(pieces))
