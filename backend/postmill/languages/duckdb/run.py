"""DuckDB jobs: the script runs in a sandboxed child, its rows come out in batches."""

import asyncio
import os
import re
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import IO, Any

from postmill.kernel import json
from postmill.kernel.errors import PostmillError
from postmill.languages import ending
from postmill.languages.duckdb.pool import duckdb_pool, extension_file
from postmill.languages.duckdb.rewriting import Rewritten, connection_text, mark_of, rewritten
from postmill.languages.output import Output
from postmill.languages.protocol import LockRequest, RunOutcome, RunRequest
from postmill.languages.rows import Column, GrowingRows, RowSink, RowsTooLarge
from postmill.languages.single_run import (
    ended_unused,
    environment,
    limits_record,
    orders,
    run_single,
    take_child,
)
from postmill.languages.sql.failure import SqlFailed, with_position
from postmill.languages.sql.plan import Plan, PlannedStatement, Style, filled, plan
from postmill.languages.sql.results import Results
from postmill.languages.workshop import Workshop
from postmill.sandbox.child import Child, ChildEnd, encode_frame
from postmill.sandbox.zygote import ZygoteFailed
from postmill.signatures.signature import InvalidSignature
from postmill.signatures.sql_dialects import DUCKDB, FILE_TYPE
from postmill.signatures.sql_script import Collection, SqlArg

_MOST_FILES = 2000
_BLOBS = frozenset({"blob", "bytea", "binary", "varbinary"})
_PLAIN_TYPE = re.compile(r"[a-z_][a-z0-9_]*(\[\])*")
_PASSWORD = re.compile(
    r"((?:password|passwd|secret|token)\s*=\s*)(?:'[^']*'|[^\s'\"@;]+)|(://[^\s:/@]+:)[^\s'\"@]+(?=@)",
    re.IGNORECASE,
)
_LINE = re.compile(r"\n*LINE (\d+): ?(?P<text>[^\n]*)(?:\n(?P<space> *)\^)?.*", re.DOTALL)


def _mark(number: int, arg: SqlArg, following: str) -> str:
    """Values are cast to the declared type; binary ones come as base64."""
    declared = (arg.type_name or "").lower()
    if declared in _BLOBS:
        return f"from_base64(${number}::VARCHAR)"
    if declared == FILE_TYPE or following.startswith("::") or not _PLAIN_TYPE.fullmatch(declared):
        return f"${number}"
    if declared == "json" or declared.endswith("[]"):
        return f"(${number}::VARCHAR::JSON::{declared})"
    return f"(${number}::{declared})"


STYLE = Style(_mark)


def _checks(statement: PlannedStatement) -> list[tuple[str, str, str]]:
    """Of each value of a statement its argument, the type that was declared for it, and a query that casts it alone."""
    return [(arg.name, arg.type_name or "text", f"SELECT {_mark(1, arg, '')}") for arg in statement.args]


@dataclass
class _Staged:
    """What the child is given: descriptors by path to read, keys by path to keep, extensions, connections."""

    files: dict[str, int] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    extensions: list[str] = field(default_factory=list)
    connections: dict[str, str] = field(default_factory=dict)
    secrets: list[str] = field(default_factory=list)

    def close(self) -> None:
        for descriptor in self.files.values():
            os.close(descriptor)


class DuckdbRuntime:
    """Runs DuckDB scripts on this worker."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._isolation = workshop.isolation.level

    async def lock(self, request: LockRequest) -> str:
        return ""

    async def close(self) -> None:
        """Nothing to end: children belong to the pool."""

    async def run(self, request: RunRequest) -> RunOutcome:
        """Never raises for what the job does: a failure of any kind is an outcome with its reason."""
        try:
            return await self._run(request)
        except RowsTooLarge:
            kind, text = ending.too_large(None, request.limits)
            return RunOutcome(kind, text, isolation=self._isolation)
        except InvalidSignature as error:
            if error.line == error.column == 1:
                return self._failed(error.message)
            return self._failed(with_position(error.message, request.code, error.line, error.column))
        except (SqlFailed, PostmillError) as error:
            return self._failed(str(error))
        except ZygoteFailed as error:
            return self._failed(f"the isolated process could not be started: {error}")

    async def _run(self, request: RunRequest) -> RunOutcome:
        given = json.decode(request.args)
        changed = rewritten(filled(request.code, given, request.env))
        script = _without_installs(plan(changed.code, DUCKDB, STYLE))
        wishes = script.directives
        if wishes.collection.statements == "legacy":
            wishes = replace(wishes, collection=Collection("last_statement", "all_rows"))
        results = Results(wishes, request.limits.result_bytes, request.large_rows)
        staged = _Staged()
        try:
            values = await self._values(script, given, request, staged)
            await self._stage(changed, request, staged)
            conversation = _Conversation(request, script, results, staged, self._workshop.spares)
            end, output = await self._converse(conversation, values)
            failure = conversation.failure(end)
            if failure is not None:
                await results.abort()
                return RunOutcome(failure[0], failure[1], end.peak_kb, isolation=self._isolation)
            result = await results.finish()
            return RunOutcome(
                "success", result, end.peak_kb, streamed=output.streamed, isolation=self._isolation
            )
        except BaseException:
            await results.abort()
            raise
        finally:
            staged.close()

    async def _converse(
        self, conversation: "_Conversation", values: list[list[Any]]
    ) -> tuple[ChildEnd, Output]:
        request, staged = conversation.request, conversation.staged
        statements = [
            {
                "text": conversation.sent(statement),
                "values": values[number],
                "checks": _checks(statement),
                "wanted": conversation.wanted(number),
                "may_grow": conversation.may_grow(number),
            }
            for number, statement in enumerate(conversation.script.statements)
        ]
        child = await take_child(duckdb_pool(self._workshop.pools))
        header = {
            "mode": "script",
            "statements": statements,
            "first_only": conversation.results.first_only,
            "files": list(staged.files),
            "written": list(staged.written),
            "extensions": staged.extensions,
            "memory_bytes": request.limits.memory_bytes,
            "env": environment(request, child),
            "limits": limits_record(request.limits),
        }
        with ended_unused(child):
            start = orders(header)
        output = Output(request.log, request.stream)
        conversation.begin(child)
        try:
            end, _ = await run_single(child, request, start, output, on_frame=conversation.take)
            await conversation.finished()
        finally:
            conversation.close()
        return end, output

    async def _values(
        self, script: Plan, given: Mapping[str, Any], request: RunRequest, staged: _Staged
    ) -> list[list[Any]]:
        """The values of each statement; a file is given as its path, everything nested as JSON text."""
        known: dict[str, Any] = {}
        for arg in script.args:
            value = given.get(arg.name, arg.default if arg.has_default else None)
            if arg.name not in given and not arg.has_default:
                request.log.write(
                    f"warning: the argument {arg.name} is missing and has no default: NULL is used\n".encode()
                )
            if arg.type_name == FILE_TYPE and value is not None:
                value = await self._file_argument(arg.name, value, request, staged)
            known[arg.name] = json.encode_text(value) if isinstance(value, dict | list) else value
        return [[known[arg.name] for arg in statement.args] for statement in script.statements]

    async def _file_argument(self, name: str, value: Any, request: RunRequest, staged: _Staged) -> str:
        key = value.get("s3") if isinstance(value, dict) else value
        if not isinstance(key, str):
            raise SqlFailed(f"the argument {name} must be a file: an object with the member s3")
        key = key.removeprefix("s3:///")
        path = f"files/{name}/{key.rpartition('/')[2]}"
        staged.files[path] = await _files(request).opened(key)
        return path

    async def _stage(self, changed: Rewritten, request: RunRequest, staged: _Staged) -> None:
        for key, path in changed.reads.items():
            base = path.removesuffix(key) if path.endswith(key) else ""
            found = await _files(request).matching(key)
            if len(staged.files) + len(found) > _MOST_FILES:
                raise SqlFailed(f"'s3:///{key}' means more than {_MOST_FILES} files")
            for one in found:
                place = path if one == key and not base else f"{base}{one}"
                staged.files[place] = await _files(request).opened(one)
        for key, path in changed.writes.items():
            staged.written[path] = key
        for kind in sorted(changed.extensions):
            file = extension_file(kind)
            if file is None:
                raise SqlFailed(
                    f"this worker has no extension of DuckDB for {kind}: its package is not installed"
                )
            staged.extensions.append(str(file))
        for path, kind in changed.resources.items():
            text, secrets = connection_text(kind, await request.resources(path), path)
            staged.connections[path] = text
            staged.secrets += secrets

    def _failed(self, text: str) -> RunOutcome:
        return RunOutcome("error", ending.execution_error(text), isolation=self._isolation)


class _Conversation:
    """The worker's side of a script: takes the child's messages in order, one after the other."""

    def __init__(
        self, request: RunRequest, script: Plan, results: Results, staged: _Staged, folder: Path
    ) -> None:
        self.request = request
        self.script = script
        self.results = results
        self.staged = staged
        self._child: Child | None = None
        self._messages: asyncio.Queue[tuple[bytes, bytes] | None] = asyncio.Queue()
        self._task: asyncio.Task[None] | None = None
        self._sink: RowSink | None = None
        self._columns: list[Column] = []
        self._told: dict[str, Any] | None = None
        self._own_failure: Exception | None = None
        self._outgoing: list[tuple[str, int]] = []
        self._next_file = 0
        self._folder = folder
        self._rest: IO[bytes] | None = None

    def wanted(self, number: int) -> bool:
        return self.results.wants(is_last=number == len(self.script.statements) - 1)

    def may_grow(self, number: int) -> bool:
        """Whether the rows of a statement become stored rows once they are many."""
        begins = any(re.match(r"(?i)begin|start", text.text) for text in self.script.statements)
        alone = number == len(self.script.statements) - 1 and self.wanted(number)
        return alone and not begins and self.results.may_be_stored

    def sent(self, statement: PlannedStatement) -> str:
        """The text of a statement with its connections in place."""
        text = statement.text
        for path, connection in self.staged.connections.items():
            text = text.replace(mark_of(path), connection.replace("'", "''"))
        return text

    def begin(self, child: Child) -> None:
        self._child = child
        self._task = asyncio.create_task(self._work())

    def take(self, kind: bytes, content: bytes) -> None:
        self._messages.put_nowait((kind, content))

    async def finished(self) -> None:
        """All messages have been worked off. Raises what went wrong on this side."""
        self._messages.put_nowait(None)
        assert self._task is not None
        await self._task
        if self._own_failure is not None:
            raise self._own_failure
        for key, descriptor in self._outgoing:
            await _files(self.request).stored(key, descriptor)

    def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
        if self._rest is not None:
            self._rest.close()
        for _, descriptor in self._outgoing:
            os.close(descriptor)
        self._outgoing = []

    async def _work(self) -> None:
        while (message := await self._messages.get()) is not None:
            try:
                await self._obey(*message)
            except (RowsTooLarge, SqlFailed, PostmillError) as error:
                self._own_failure = error
                assert self._child is not None
                self._child.terminate("cancelled", 0.0)
                return

    async def _obey(self, kind: bytes, content: bytes) -> None:
        assert self._child is not None
        if kind == b"F":
            self._send_files()
        elif kind == b"S":
            self._columns = [Column(name, kind, type_name) for name, kind, type_name in json.decode(content)]
            self._sink = await self.results.begin(is_alone=len(self.script.statements) == 1)
            await self._sink.open(self._columns)
        elif kind == b"B":
            assert self._sink is not None
            await self._sink.write(self._rows(content))
            many = isinstance(self._sink, GrowingRows) and self._sink.takes_files
            self._child.send(encode_frame(b"A", b"file" if many else b""))
        elif kind == b"P":
            self._rest = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - closed with the conversation
            self._child.send_descriptors(encode_frame(b"D", b""), [self._rest.fileno()])
        elif kind == b"Q":
            assert isinstance(self._sink, GrowingRows) and self._rest is not None
            await self._sink.append(Path(f"/proc/self/fd/{self._rest.fileno()}"))
        elif kind == b"W":
            for path in json.decode(content):
                key = self.staged.written[path]
                self._outgoing.append((key, await _files(self.request).created(key)))
        elif kind == b"E":
            self._told = json.decode(content)

    def _send_files(self) -> None:
        assert self._child is not None
        if self._outgoing:
            self._child.send_descriptors(
                encode_frame(b"D", b""), [descriptor for _, descriptor in self._outgoing]
            )
            return
        files = list(self.staged.files.values())[self._next_file : self._next_file + 200]
        self._next_file += len(files)
        self._child.send_descriptors(encode_frame(b"D", b""), files)

    def _rows(self, content: bytes) -> list[list[Any]]:
        rows: list[list[Any]] = json.decode(content)
        decimals = [place for place, column in enumerate(self._columns) if column.kind == "decimal"]
        floats = [place for place, column in enumerate(self._columns) if column.kind == "float"]
        for row in rows:
            for place in decimals:
                row[place] = None if row[place] is None else Decimal(row[place])
            for place in floats:
                row[place] = float(row[place]) if isinstance(row[place], str) else row[place]
        return rows

    def failure(self, end: ChildEnd) -> tuple[Any, str] | None:
        """The end and error object of a run that failed; None for one that did not."""
        by_worker = ending.ended_by_worker(end, self.request.limits)
        if by_worker is not None:
            return by_worker
        if self._told is not None:
            return "error", ending.execution_error(self._sentence(self._told))
        if end.code != 0:
            return ending.ended_by_itself(end, "duckdb run", "")
        return None

    def _sentence(self, told: Mapping[str, Any]) -> str:
        message = str(told["message"])
        if told.get("argument"):
            return message
        for secret in self.staged.secrets:
            message = message.replace(secret, "***").replace(secret.replace("'", "''"), "***")
        message = _PASSWORD.sub(r"\1\2***", message)  # one that stands in the script itself
        statements, number = self.script.statements, int(told["statement"])
        statement = statements[number] if number < len(statements) else None
        found = _LINE.search(message)
        if statement is None:
            return message
        if found is None:
            return self.script.told(statement, message, None)
        line, _ = self.script.where(statement, 0)
        shown = line + int(found[1]) - 1
        column = _column(found, self.request.code.splitlines(), shown)
        return with_position(message[: found.start()].strip(), self.request.code, shown, column)


def _column(found: re.Match[str], lines: list[str], line: int) -> int:
    """Where DuckDB points to, counted from 1; 1 where the line was shortened or rewritten.

    It counts the columns of a terminal, in which only what is plain is as wide as it is long.
    """
    text = found["text"].rstrip()
    if not text or not text.isascii() or not text.isprintable() or not 0 < line <= len(lines):
        return 1
    start = lines[line - 1].find(text)
    inside = len(found["space"] or "") - len(f"LINE {found[1]}: ")
    return start + inside + 1 if start >= 0 and 0 <= inside <= len(text) else 1


def _files(request: RunRequest) -> Any:
    if request.files is None:
        raise SqlFailed("files need an object store, and this worker has none")
    return request.files


def _without_installs(script: Plan) -> Plan:
    """Extensions come with the worker: statements that fetch or load them have nothing to do."""
    kept = tuple(one for one in script.statements if one.keyword not in ("install", "load"))
    return replace(script, statements=kept)
