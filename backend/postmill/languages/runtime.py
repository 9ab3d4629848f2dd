"""The languages as they live in one worker process: started once, asked by name, closed with the worker."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from postmill.languages.bash.run import BashRuntime
from postmill.languages.duckdb.run import DuckdbRuntime
from postmill.languages.ending import execution_error
from postmill.languages.go.run import GoRuntime
from postmill.languages.graphql.run import GraphqlRuntime
from postmill.languages.powershell.run import PowerShellRuntime
from postmill.languages.protocol import (
    BegunRun,
    KeepsProcesses,
    LanguageRuntime,
    LockFailed,
    LockRequest,
    OnEnd,
    RunOutcome,
    RunRequest,
)
from postmill.languages.python.interpreters import own_interpreter
from postmill.languages.python.run import PythonRuntime
from postmill.languages.registry import find_language
from postmill.languages.shared_cache import SharedCache
from postmill.languages.spares import SparePools
from postmill.languages.sql.bigquery import BigqueryDriver
from postmill.languages.sql.mssql import MssqlDriver
from postmill.languages.sql.mysql.driver import MysqlDriver
from postmill.languages.sql.oracledb import OracledbDriver
from postmill.languages.sql.postgresql.driver import PostgresqlDriver
from postmill.languages.sql.runtime import SqlRuntime
from postmill.languages.sql.snowflake import SnowflakeDriver
from postmill.languages.tool import ToolRunner
from postmill.languages.typescript.bun import BunRuntime
from postmill.languages.typescript.deno import DenoRuntime
from postmill.languages.typescript.native import NativeRuntime
from postmill.languages.workshop import Workshop
from postmill.model.limits import Limits
from postmill.objects.contract import Objects
from postmill.sandbox.folders import ClaimedFolder, claim_folder
from postmill.sandbox.levels import probe
from postmill.sandbox.memory import Watcher
from postmill.sandbox.zygote import ZygoteSpec

RUNTIMES: dict[str, Callable[[Workshop], LanguageRuntime]] = {
    "python3": PythonRuntime,
    "bash": BashRuntime,
    "go": GoRuntime,
    "powershell": PowerShellRuntime,
    "duckdb": DuckdbRuntime,
    "postgresql": lambda workshop: SqlRuntime(PostgresqlDriver(), workshop.sql_connections),
    "graphql": GraphqlRuntime,
    "mysql": lambda workshop: SqlRuntime(MysqlDriver(), workshop.sql_connections),
    "mssql": lambda workshop: SqlRuntime(MssqlDriver(), workshop.sql_connections),
    "bigquery": lambda workshop: SqlRuntime(BigqueryDriver(), workshop.sql_connections),
    "snowflake": lambda workshop: SqlRuntime(SnowflakeDriver(), workshop.sql_connections),
    "oracledb": lambda workshop: SqlRuntime(OracledbDriver(), workshop.sql_connections),
    "bun": BunRuntime,
    "deno": DenoRuntime,
    "nativets": NativeRuntime,
    "bunnative": NativeRuntime,
}
"""How each language of the registry comes to life; made when the first job of the language comes."""

CHILD_PROGRAM = "postmill.languages.python.wrapper"


@dataclass(frozen=True)
class RuntimeSettings:
    """What the worker decides about its jobs.

    ``isolation``: ``auto`` takes the best level that works and fails without one, ``sandbox`` likewise, ``none`` runs
    jobs without isolation. The folders of jobs must lie on the file system of ``data_dir``. ``sql_connections`` is the
    most that stay open to one database with one set of credentials. ``shared_objects`` is where machines keep prepared
    packages and programs for each other. Without ``network`` jobs reach no address at all; what installs their packages
    still does.
    """

    data_dir: Path
    slots: int = 4
    isolation: str = "auto"
    network: bool = True
    limits: Limits = field(default_factory=Limits)
    kept_ready: int = 2
    sql_connections: int = 10
    shared_objects: Objects | None = None


def asks_other_servers(language: str) -> bool:
    """Whether jobs of the language are requests that the worker itself sends."""
    found = find_language(language)
    return found is not None and found.runs_in == "worker"


def makes_ready(language: str) -> bool:
    """Whether a run of the language may be made ready before it may begin: its runtime awaits ``RunRequest.stored``."""
    return language == "python3"


class Runtime:
    """Locks and runs in any language of the registry. ``isolation`` says what protects the jobs."""

    def __init__(self, folder: ClaimedFolder, workshop: Workshop) -> None:
        self.isolation = workshop.isolation
        self._folder = folder
        self._workshop = workshop
        self._languages: dict[Callable[[Workshop], LanguageRuntime], LanguageRuntime] = {}
        self._keeping: dict[str, KeepsProcesses | None] = {}

    @classmethod
    async def start(cls, settings: RuntimeSettings) -> "Runtime":
        """Probes the isolation and prepares the first children. Raises IsolationUnavailable."""
        folder = claim_folder(settings.data_dir / "run" / "spares")
        try:
            return await cls._start_in(folder, settings)
        except BaseException:
            folder.release()
            raise

    @classmethod
    async def _start_in(cls, folder: ClaimedFolder, settings: RuntimeSettings) -> "Runtime":
        spares = folder.path
        asked_for_none = settings.isolation == "none"
        isolation = await probe(
            spares, allow_none=asked_for_none, insist_on_none=asked_for_none, network=settings.network
        )
        isolated = isolation.level == "sandbox"
        base = ZygoteSpec(
            spares=spares, isolated=isolated, python=own_interpreter().path, program=CHILD_PROGRAM,
            processes=settings.limits.processes, network=settings.network,
        )  # fmt: skip
        workshop = Workshop(
            cache_dir=settings.data_dir / "cache",
            spares=spares,
            isolation=isolation,
            pools=SparePools(base, Watcher(), settings.kept_ready),
            run_tool=ToolRunner(spares, isolated),
            slots=settings.slots,
            sql_connections=settings.sql_connections,
            limits=settings.limits,
            kept_ready=settings.kept_ready,
            shared=SharedCache(settings.shared_objects) if settings.shared_objects is not None else None,
        )
        await workshop.plain_pool().warm_up()
        return cls(folder, workshop)

    async def lock(self, language: str, request: LockRequest) -> str:
        """The lock text of a script, "" for a language without packages. Raises LockFailed."""
        found = self._find(language)
        if found is None:
            raise LockFailed(f"no worker knows the language {language!r}")
        return await found.lock(request)

    async def run(self, language: str, request: RunRequest) -> RunOutcome:
        """One attempt of a job. Cancelling ends its processes before CancelledError comes out."""
        found = self._find(language)
        if found is None:
            text = execution_error(f"this worker does not know the language {language!r}")
            return RunOutcome("error", text, isolation=self.isolation.level)
        if not self._workshop.pools.base.network and asks_other_servers(language):
            text = execution_error(
                f"this worker gives jobs no network, and a job in {language} needs one; "
                "choose a tag of other workers, or open the network with POSTMILL_JOB_NETWORK"
            )
            return RunOutcome("error", text, isolation=self.isolation.level)
        return await found.run(request)

    def may_begin(self, language: str, warm_key: str | None) -> bool:
        """Whether ``begin`` is worth a try: the language lives here already and keeps processes for such runs."""
        keeping = self._keeping.get(language)
        return keeping is not None and keeping.may_begin(warm_key)

    def begin(self, language: str, request: RunRequest, on_end: OnEnd) -> BegunRun | None:
        """Begins a run without waiting for anything; None where that is not possible, see ``KeepsProcesses``."""
        keeping = self._keeping.get(language)
        return None if keeping is None else keeping.begin(request, on_end)

    async def close(self) -> None:
        """Ends every process that the runtime started."""
        for language in self._languages.values():
            await language.close()
        await self._workshop.pools.close()
        if self._workshop.shared is not None:
            await self._workshop.shared.close()
        self._folder.release()

    def _find(self, name: str) -> LanguageRuntime | None:
        language = find_language(name)
        if language is None:
            return None
        make = RUNTIMES[language.name]  # languages with one way to come to life share it
        if make not in self._languages:
            self._languages[make] = make(self._workshop)
        made = self._languages[make]
        if name not in self._keeping:
            self._keeping[name] = made if isinstance(made, KeepsProcesses) else None
        return made
