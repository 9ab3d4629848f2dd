"""What the worker asks of a language, and what it gets back.

A language has a pure half (signature, requirements: usable without the toolchain) and a half that acts
(lock, install, run). All inputs travel in one record per verb.
"""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol, runtime_checkable
from uuid import UUID

import msgspec

from postmill.kernel.errors import NotFound
from postmill.languages.job_files import JobFiles
from postmill.languages.rows import LargeRows
from postmill.model.limits import Limits
from postmill.sandbox.memory import UsageSink

Sources = Callable[[str], Awaitable[str | None]]
"""Code of the deployed script at a path, for imports between scripts: None where there is none.

Raises NotFound where the job's subject may not read it; the caller has bound the subject.
"""

Resources = Callable[[str], Awaitable[Any]]
"""The value of the resource at a path, with its references resolved. Its secrets are masked in the log from then on.

Raises NotFound where there is none or the job's subject may not read it.
"""


async def no_resources(path: str) -> Any:
    """For runs that can name none."""
    raise NotFound(f"Not found: resource {path}")


class LogSink(Protocol):
    """Takes what a job prints, in order, standard output and standard error merged."""

    def write(self, data: bytes) -> None: ...


StreamSink = Callable[[str], None]
"""Takes one piece of a streamed result (the text of a ``WM_STREAM:`` line, unescaped)."""


@dataclass(frozen=True)
class Registries:
    """Where packages come from; addresses and credentials that the operator configured, never stored in locks."""

    python_index_url: str | None = None
    python_extra_index_urls: tuple[str, ...] = ()
    npm_registry_url: str | None = None
    npm_scopes: tuple[str, ...] = ()  # "@scope=address"
    go_proxy: str | None = None
    go_private: tuple[str, ...] = ()
    go_no_sum_db: tuple[str, ...] = ()
    go_sum_db: str | None = None


class LockRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Resolve the dependencies of a script to exact versions with hashes."""

    code: str
    path: str | None
    sources: Sources
    log: LogSink
    entrypoint: str = "main"
    workspace_requirements: Mapping[str, str] = {}  # by name, "" the default one
    raw_requirements: str | None = None  # given instead of looking at the code
    modules: Mapping[str, str] = {}  # the script's own: code by path, as in RunRequest
    registries: Registries = Registries()


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """One attempt of one job, with everything resolved."""

    job_id: UUID
    attempt: int
    workspace_id: str
    path: str | None
    code: str
    lock: str | None
    args: str  # a JSON object, as text, references already resolved
    env: Mapping[str, str]  # the documented job variables, nothing else
    limits: Limits
    log: LogSink
    stream: StreamSink
    sources: Sources
    entrypoint: str = "main"
    modules: Mapping[str, str] = {}  # code by path relative to the script's folder
    preprocess: bool = False  # run ``preprocessor`` first; its result becomes the arguments
    warm_key: str | None = None  # keep the process between runs, one per key (script version)
    scopes: tuple[str, ...] | None = None  # what the job's token is limited to; None: nothing
    registries: Registries = Registries()
    resources: Resources = no_resources
    files: JobFiles | None = None  # of the workspace; None: this worker has none
    shared: Path | None = None  # a folder that the run sees as ./shared, and leaves its files in
    usage: UsageSink | None = None  # hears every second what the run uses
    large_rows: LargeRows | None = None  # where result sets go that are too large for memory; None: nowhere
    checkpoint: str | None = (
        None  # a round of a workflow as code: what is done, a JSON object; the result is a Round
    )
    stored: "UntilStored | None" = (
        None  # the run is made ready while its job is being stored: nothing of it begins before this is over
    )
    foreseen: "Callable[[RunOutcome], None] | None" = (
        None  # hears what a run will come to whose code has run to its end, if its processes go in peace
    )


class UntilStored(Protocol):
    """The commit of a job that is being stored."""

    def __call__(self) -> Awaitable[None]:
        """Returns behind the commit, at the next turn of the loop."""

    def then(self, begin: Callable[[], None]) -> None:
        """Calls ``begin`` as soon as the commit is answered; at once where it has been. Not if the commit fails."""


EndKind = Literal["success", "error", "timeout", "memory", "killed", "result_too_large"]


class RunOutcome(msgspec.Struct, frozen=True):
    """What became of a run.

    ``result`` is JSON text: the value for success, else the error object E of the failure ``{"error": E}``
    (``message``, ``name``, ``stack``, ``exit_code``, ...). ``new_args`` holds the JSON object that a
    preprocessor made. ``streamed`` is the whole text of the result stream, "" when nothing was streamed. ``columns``
    are those of a list of rows in their order, where the list does not tell them.
    """

    end: EndKind
    result: str
    memory_peak_kb: int = 0
    new_args: str | None = None
    streamed: str = ""
    isolation: str = "none"
    columns: tuple[str, ...] = ()


OnEnd = Callable[[RunOutcome | Exception], None]
"""Hears once how a run ended, or what kept it from beginning."""


class BegunRun(Protocol):
    """A run that nobody waits for in a task: its end is told by a call."""

    async def withdraw(self) -> None:
        """Ends it as a cancellation would; its end is not told any more."""


class LockFailed(Exception):
    """Dependencies cannot be resolved; the message holds the resolver's own words."""


class InstallFailed(Exception):
    """A locked dependency cannot be installed; the message holds the installer's own words."""


class LanguageRuntime(Protocol):
    """A language as it lives in one worker process: its environments, zygotes and warm processes.

    ``run`` never raises for what user code does. Cancelling its task ends the run's processes
    (SIGTERM to all, ``limits.grace_seconds``, then SIGKILL to everything) before CancelledError leaves it.
    """

    async def lock(self, request: LockRequest) -> str: ...

    async def run(self, request: RunRequest) -> RunOutcome: ...

    async def close(self) -> None: ...


@runtime_checkable
class KeepsProcesses(Protocol):
    """A language whose processes serve many runs, so that a run can be given to one without waiting for anything."""

    def may_begin(self, warm_key: str | None) -> bool:
        """Whether ``begin`` is worth a try, by what is known without the request."""

    def begin(self, request: RunRequest, on_end: OnEnd) -> BegunRun | None:
        """Gives a run to a process that is kept; ``on_end`` is called later, never from here.

        None where something has to be made ready first: ``run`` does that.
        """
