"""Where the lines of Python's logging go: standard error, one JSON object a line, or plain text on a terminal."""

import json
import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from postmill.kernel.errors import PostmillError

_ATTRIBUTES_OF_EVERY_RECORD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime"}


class JsonLines(logging.Formatter):
    """Time, level, process, logger, message, then whatever was given as ``extra``."""

    def __init__(self, process: str) -> None:
        super().__init__()
        self._process = process

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "process": self._process,
            "logger": record.name,
            "message": record.getMessage(),
        }
        extras = vars(record).items()
        line.update({name: value for name, value in extras if name not in _ATTRIBUTES_OF_EVERY_RECORD})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


@contextmanager
def sentences_for_failures() -> Iterator[None]:
    """End the process with a logged sentence, not a stack trace, for a failure that can be explained."""
    try:
        yield
    except PostmillError as error:
        logging.getLogger(__name__).error("%s", error.message)
        sys.exit(1)


def log_to_stderr(process: str) -> None:
    """Set up the logging of this process; ``process`` names it in every line."""
    handler = logging.StreamHandler(sys.stderr)
    if sys.stderr.isatty():
        handler.setFormatter(
            logging.Formatter(f"%(asctime)s {process}: %(levelname)s: %(message)s", "%H:%M:%S")
        )
    else:
        handler.setFormatter(JsonLines(process))
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # One line per request is the access log's business, if anybody's.
    for noisy in ("uvicorn.error", "uvicorn.access", "asyncio", "httpx", "httpcore"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
