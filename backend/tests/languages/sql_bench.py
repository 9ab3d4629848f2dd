"""Runs scripts of one SQL language in a runtime of their own."""

from typing import Any

from postmill.languages.protocol import RunRequest
from postmill.languages.sql.runtime import SqlRuntime

from .conftest import Bench, Ran


class SqlBench:
    """``database`` is the value of the connection that every script gets as its argument."""

    def __init__(self, bench: Bench, runtime: SqlRuntime, database: dict[str, Any]) -> None:
        self.bench = bench
        self.runtime = runtime
        self.database = database

    def request(self, code: str, args: dict[str, Any] | None = None, **more: Any) -> tuple[RunRequest, Ran]:
        return self.bench.request(code, {"database": self.database, **(args or {})}, **more)

    async def run(self, code: str, args: dict[str, Any] | None = None, **more: Any) -> Ran:
        request, ran = self.request(code, args, **more)
        ran.outcome = await self.runtime.run(request)
        return ran

    async def rows(self, code: str, args: dict[str, Any] | None = None, **more: Any) -> Any:
        ran = await self.run(code, args, **more)
        assert ran.end == "success", ran.result
        return ran.result

    async def failure(self, code: str, args: dict[str, Any] | None = None, **more: Any) -> str:
        """What the job says that failed; the password is never a part of it."""
        ran = await self.run(code, args, **more)
        assert ran.end == "error", ran.result
        assert ran.result["name"] == "ExecutionErr"
        message = ran.result["message"]
        assert message.startswith("execution error:\n")
        password = str(self.database.get("password") or "none-at-all")
        assert password not in message
        assert password.encode() not in ran.log.data
        return str(message.removeprefix("execution error:\n"))
