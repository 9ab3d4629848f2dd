"""What every job of a worker is run with."""

from dataclasses import dataclass, field
from typing import Protocol

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.flow_driver.driver import Driver
from postmill.languages.protocol import BegunRun, LockRequest, OnEnd, Registries, RunOutcome, RunRequest
from postmill.model.limits import Limits
from postmill.references.resources import ResourceReader
from postmill.worker.code import Codes, Identities
from postmill.worker.code_path import Places
from postmill.worker.job_logs import LogWriter
from postmill.worker.large_rows import RowPlaces
from postmill.worker.shared_folders import SharedFolders
from postmill.worker.usage import UsageWriter
from postmill.worker.workflows import Workflows


class LanguageRunner(Protocol):
    """The part of `languages.runtime.Runtime` that jobs need."""

    async def lock(self, language: str, request: LockRequest) -> str: ...

    async def run(self, language: str, request: RunRequest) -> RunOutcome: ...

    def may_begin(self, language: str, warm_key: str | None) -> bool: ...

    def begin(self, language: str, request: RunRequest, on_end: OnEnd) -> BegunRun | None: ...


@dataclass
class Tools:
    """One per worker process."""

    pool: Pool
    keyring: Keyring
    runner: LanguageRunner
    codes: Codes
    identities: Identities
    logs: LogWriter
    limits: Limits
    base_url: str
    worker: str
    worker_group: str
    driver: Driver
    shared: SharedFolders
    usage: UsageWriter
    workflows: Workflows
    registries: Registries = field(default_factory=Registries)
    row_places: RowPlaces | None = None
    group_variables: dict[str, str] = field(default_factory=dict)
    resources: ResourceReader = field(init=False)
    places: Places = field(init=False)

    def __post_init__(self) -> None:
        self.places = Places(self.pool, self.driver)
        self.resources = ResourceReader(self.pool)
