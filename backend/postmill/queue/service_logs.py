"""What servers and workers log, as people who run the instance read it."""

from datetime import datetime

from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.tables.instance import service_log
from postmill.tables.instance.service_log import LogFile

MOST_LOG_FILES = 2_000


async def list_files(
    pool: Pool, before: datetime | None, after: datetime | None, *, with_error: bool
) -> list[LogFile]:
    """What servers and workers logged, by process and minute, the newest first. Raises InvalidInput."""
    if any(moment is not None and moment.tzinfo is None for moment in (before, after)):
        raise InvalidInput(
            "Bad request: before and after need an offset from UTC, for instance 2030-01-31T12:00:00Z"
        )
    return await service_log.list_files(pool, before, after, with_error=with_error, limit=MOST_LOG_FILES)


async def read_file(pool: Pool, file_path: str) -> str:
    """The lines of a process in a minute; raises NotFound."""
    found = await service_log.content(pool, file_path)
    if found is None:
        raise NotFound(f"Not found: there is no log file {file_path[:200]}; they are kept for two weeks")
    return found
