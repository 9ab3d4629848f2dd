"""What a job prints, on its way from the pipe to the log: stream lines and what the client library says to the worker
are taken out, the last words are kept."""

import re

from postmill.languages.protocol import LogSink, StreamSink

MARK = b"WM_STREAM: "
STEP_MARK = b"WM_WAC_STEP: "
"""With which the client library says that a workflow as code begins a step inline; its checkpoint says so too."""
_MARKS = (MARK, STEP_MARK)
_TAIL_BYTES = 4096
_ANSI = re.compile(r"\x1b\[[0-9;?]*[ -/]*[@-~]")


class Output:
    """Takes the raw bytes of one run.

    ``streamed`` collects the text of the result stream, ``tail`` the last part of the log; with ``keep_line``
    also the last line, as far as ``line_limit`` bytes.
    """

    def __init__(self, log: LogSink, stream: StreamSink, line_limit: int = 0) -> None:
        self._log = log
        self._stream = stream
        self._pending = b""  # the begin of a line that may still become a stream line
        self._at_line_start = True
        self._pieces: list[str] = []
        self._tail = b""
        self._line_limit = line_limit
        self._line = bytearray()
        self._line_ended = False
        self.line_too_long = False

    def write(self, data: bytes) -> None:
        if not self._pending and b"WM_" not in data and not _may_begin_mark(data, self._at_line_start):
            self._pass_on(data)
            return
        data = self._pending + data
        self._pending = b""
        for line in _lines(data):
            self._take_line(line)

    def _take_line(self, line: bytes) -> None:
        complete = line.endswith(b"\n")
        if self._at_line_start and line.startswith(_MARKS):
            if not complete:
                self._pending = line
            elif line.startswith(MARK):
                self._take_piece(line[len(MARK) :].rstrip(b"\r\n"))
        elif self._at_line_start and not complete and any(mark.startswith(line) for mark in _MARKS):
            self._pending = line
        else:
            self._pass_on(line)

    def _take_piece(self, content: bytes) -> None:
        text = content.decode("utf-8", "replace").replace("\\n", "\n")
        self._pieces.append(text)
        self._stream(text)

    def _pass_on(self, data: bytes) -> None:
        self._log.write(data)
        self._at_line_start = data.endswith(b"\n")
        self._tail = data[-_TAIL_BYTES:] if len(data) >= _TAIL_BYTES else (self._tail + data)[-_TAIL_BYTES:]
        if self._line_limit:
            self._keep_line(data)

    def _keep_line(self, data: bytes) -> None:
        body = data[:-1] if data.endswith(b"\n") else data
        cut = body.rfind(b"\n")
        if self._line_ended or cut >= 0:
            self._line.clear()
            self.line_too_long = False
        self._line += body[cut + 1 :]
        self._line_ended = data.endswith(b"\n")
        if len(self._line) > self._line_limit:
            self.line_too_long = True
            self._line.clear()

    def finish(self) -> None:
        """The output is at its end: an unfinished line is a line."""
        pending, self._pending = self._pending, b""
        if pending.startswith(MARK):
            self._take_piece(pending[len(MARK) :])
        elif pending and not pending.startswith(STEP_MARK):
            self._pass_on(pending)

    @property
    def streamed(self) -> str:
        return "".join(self._pieces)

    @property
    def last_line(self) -> str:
        return self._line.decode("utf-8", "replace").replace("\0", "\ufffd").strip()

    @property
    def last_words(self) -> str:
        """The last 600 characters of the log without colours, for the message of a failure."""
        text = self._tail.decode("utf-8", "replace").replace("\0", "\ufffd")
        return _ANSI.sub("", text)[-600:]


def _lines(data: bytes) -> list[bytes]:
    pieces = data.split(b"\n")
    lines = [piece + b"\n" for piece in pieces[:-1]]
    return [*lines, pieces[-1]] if pieces[-1] else lines


def _may_begin_mark(data: bytes, at_line_start: bool) -> bool:
    cut = data.rfind(b"\n")
    last = data[cut + 1 :]
    if not last or (cut < 0 and not at_line_start):
        return False
    return any(mark.startswith(last) for mark in _MARKS)
