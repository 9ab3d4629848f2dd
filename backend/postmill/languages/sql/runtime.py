"""An SQL language as it lives in one worker: the same steps for every database, whose driver does the rest."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from postmill.kernel import json
from postmill.kernel.errors import PostmillError
from postmill.languages import ending
from postmill.languages.protocol import LockRequest, LogSink, RunOutcome, RunRequest
from postmill.languages.rows import RowsTooLarge
from postmill.languages.sql.failure import (
    DATA_TABLE,
    SqlFailed,
    StaleConnection,
    no_data_table,
    with_position,
)
from postmill.languages.sql.file_args import with_files
from postmill.languages.sql.plan import Plan, Style, filled, plan
from postmill.languages.sql.results import Results
from postmill.languages.sql.sessions import Closable, Sessions, key_of
from postmill.signatures.signature import InvalidSignature
from postmill.signatures.sql_dialects import Dialect

INSIDE_THE_WORKER = "worker"
"""The isolation of jobs that start no process: none of their code runs on this machine."""


@dataclass(frozen=True)
class Work:
    """What a session needs to know of the job it runs."""

    plan: Plan
    given: Mapping[str, Any]
    results: Results
    log: LogSink
    _warned: set[str] = field(default_factory=set)

    def value(self, name: str, default: Any, has_default: bool) -> Any:
        """The value of an argument: as given, else its default, else None with a warning in the log."""
        if name in self.given:
            return self.given[name]
        if not has_default and name not in self._warned:
            self._warned.add(name)
            self.say(f"warning: the argument {name} is missing and has no default: NULL is used")
        return default

    def say(self, line: str) -> None:
        self.log.write(f"{line}\n".encode())


class Session(Closable, Protocol):
    """One connection. ``run`` raises SqlFailed for what the database refuses, and is usable afterwards."""

    async def run(self, work: Work) -> None: ...


class Driver(Protocol):
    """One kind of database.

    ``open`` raises SqlFailed with a sentence where there is no way to connect. ``raw`` asks for a connection whose
    values come as the texts of the server, where the database knows that (``-- raw_output``).
    """

    dialect: Dialect
    style: Style

    async def open(self, database: Mapping[str, Any], *, raw: bool) -> Session: ...


STALE_CONNECTIONS = 20
"""How many connections that ended unnoticed one run tries before it gives up."""


class SqlRuntime:
    """Runs the scripts of one SQL language inside the worker."""

    def __init__(self, driver: Driver, most_connections: int) -> None:
        self._driver = driver
        self._sessions: Sessions[Session] = Sessions(most_connections)

    async def lock(self, request: LockRequest) -> str:
        return ""

    async def close(self) -> None:
        await self._sessions.close()

    async def run(self, request: RunRequest) -> RunOutcome:
        """Never raises for what the job does. Cancelling stops the query on the server first."""
        timeout = asyncio.timeout(request.limits.wall_seconds)
        try:
            async with timeout:
                return await self._result(request)
        except TimeoutError as error:
            if timeout.expired():
                said = f"timed out after {request.limits.wall_seconds:g} s and was ended"
                return _outcome("timeout", ending.execution_error(said))
            return _failed(str(error) or "the database did not answer in time")
        except RowsTooLarge:
            return _outcome(*ending.too_large(None, request.limits))
        except InvalidSignature as error:
            if error.line == error.column == 1:
                return _failed(error.message)
            return _failed(with_position(error.message, request.code, error.line, error.column))
        except (SqlFailed, PostmillError) as error:
            return _failed(str(error))

    async def _result(self, request: RunRequest) -> RunOutcome:
        given = json.decode(request.args)
        code = filled(request.code, given, request.env)
        script = plan(code, self._driver.dialect, self._driver.style)
        database = await _database(script, given, request)
        given = await with_files(script.args, given, request.files)
        for _ in range(STALE_CONNECTIONS):
            try:
                return await self._run(request, script, given, database)
            except StaleConnection:
                continue
        raise SqlFailed("the database ends its connections before anything is run on them")

    async def _run(
        self, request: RunRequest, script: Plan, given: Mapping[str, Any], database: Mapping[str, Any]
    ) -> RunOutcome:
        results = Results(script.directives, request.limits.result_bytes, request.large_rows)
        work = Work(script, given, results, request.log)
        raw = script.directives.raw_output
        key = key_of(request.workspace_id, [database, raw])
        try:
            async with self._sessions.leased(
                key, lambda: self._driver.open(database, raw=raw), (SqlFailed,)
            ) as session:
                await session.run(work)
            return _outcome("success", await results.finish(), results.columns)
        except BaseException:
            await results.abort()
            raise


async def _database(script: Plan, given: Mapping[str, Any], request: RunRequest) -> Mapping[str, Any]:
    """The value of the connection: of the resource that the code names, else the argument ``database``."""
    named = script.directives.database
    if named is not None:
        path = named.removeprefix("$res:")
        if "://" in path:
            if named.startswith(DATA_TABLE):
                raise SqlFailed(no_data_table(named))
            raise SqlFailed(f"-- database {named}: only resources can be named here")
        database = await request.resources(path)
        where = f"the resource {path}"
    else:
        database = given.get("database")
        where = "the argument database"
    if database is None:
        raise SqlFailed(
            "this script has no database: give it the argument database, or name one with a line -- database f/..."
        )
    if isinstance(database, str) and database.startswith(DATA_TABLE):
        raise SqlFailed(no_data_table(database))
    if not isinstance(database, dict):
        raise SqlFailed(
            f"{where} is no connection: an object with the members of its resource type is expected"
        )
    return database


def _failed(message: str) -> RunOutcome:
    return _outcome("error", ending.execution_error(message))


def _outcome(end: Any, result: str, columns: tuple[str, ...] = ()) -> RunOutcome:
    return RunOutcome(end, result, isolation=INSIDE_THE_WORKER, columns=columns)
