"""What a process logs is read in the database, whatever machine it runs on."""

import asyncio
import json
import logging

import asyncpg
import pytest

import postmill
from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.main.service_log import ServiceLog, logged_for_all
from postmill.queue import service_logs
from postmill.tables.instance import service_log

LOG = logging.getLogger("postmill.test.service_log")


async def test_lines_are_kept_by_process_and_minute(database: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postmill.main.service_log.SECONDS_TOGETHER", 60.0)  # and so long for the last lines
    LOG.setLevel(logging.INFO)
    async with logged_for_all(database, "worker", "gpu"):
        LOG.info("began %s", "well")
        LOG.warning("odd \0 thing", extra={"job": "j1"})
    LOG.error("nobody stores this")
    files = await service_logs.list_files(database, None, None, with_error=False)
    assert {(file.mode, file.worker_group) for file in files} == {("worker", "gpu")}
    texts = [await service_logs.read_file(database, file.file_path) for file in reversed(files)]
    lines = [json.loads(line) for text in texts for line in text.splitlines()]
    assert [(line["level"], line["message"]) for line in lines] == [
        ("info", f"worker of Postmill {postmill.__version__} begins"), ("info", "began well"),
        ("warning", "odd \0 thing"), ("info", "worker ends"),
    ]  # fmt: skip
    assert lines[2]["job"] == "j1"
    assert (sum(file.ok_lines for file in files), sum(file.err_lines for file in files)) == (3, 1)
    assert await service_logs.list_files(database, None, None, with_error=True) != []
    newest = files[0].logged_at
    assert await service_logs.list_files(database, None, newest.replace(year=2999), with_error=False) == []
    assert await service_logs.list_files(database, newest.replace(year=2000), None, with_error=False) == []
    with pytest.raises(InvalidInput, match="offset"):
        await service_logs.list_files(database, newest.replace(tzinfo=None), None, with_error=False)
    with pytest.raises(NotFound, match="no log file"):
        await service_logs.read_file(database, "../../etc/passwd")


async def test_a_flood_is_bounded(database: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("postmill.main.service_log.MOST_CHARACTERS", 1_000)
    handler = ServiceLog("server")
    for _ in range(6_000):
        handler.emit(logging.LogRecord("x", logging.INFO, "", 1, "y" * 20_000, None, None))
    await handler.store(database)
    files = await service_logs.list_files(database, None, None, with_error=False)
    assert sum(file.ok_lines for file in files) == 5_000
    for file in files:
        assert len(await service_logs.read_file(database, file.file_path)) <= 1_000


@pytest.mark.parametrize("error", [OSError(), asyncpg.InternalClientError("cannot switch to state 11")])
async def test_lines_wait_while_the_database_cannot_be_reached(
    database: Pool, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    handler = ServiceLog("server")
    handler.emit(logging.LogRecord("x", logging.ERROR, "", 1, "kept", None, None))
    append = service_log.append

    async def unreachable(*_: object) -> None:
        raise error

    async def slow(*_: object) -> None:
        asked.set()
        await asyncio.Event().wait()

    asked = asyncio.Event()
    monkeypatch.setattr(service_log, "append", unreachable)
    await handler.store(database)
    monkeypatch.setattr(service_log, "append", slow)
    storing = asyncio.create_task(handler.store(database))
    await asked.wait()
    storing.cancel()  # as the process ends
    await asyncio.gather(storing, return_exceptions=True)
    monkeypatch.setattr(service_log, "append", append)
    await handler.store(database)
    [file] = await service_logs.list_files(database, None, None, with_error=True)
    assert "kept" in await service_logs.read_file(database, file.file_path)
    await service_log.forget_old(database, 1)
    assert len(await service_logs.list_files(database, None, None, with_error=False)) == 1
    await database.execute("UPDATE service_log SET logged_at = now() - interval '2 days'")
    await service_log.forget_old(database, 1)
    assert await service_logs.list_files(database, None, None, with_error=False) == []
