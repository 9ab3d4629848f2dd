"""A script: one version of a piece of code at a path, with the settings of its runs."""

from datetime import datetime
from typing import Any, Literal, get_args
from uuid import UUID

import msgspec

from postmill.model.debouncing import Debouncing

ScriptLanguage = Literal[
    "python3", "deno", "go", "bash", "powershell", "postgresql", "mysql", "bigquery", "snowflake", "mssql",
    "oracledb", "graphql", "nativets", "bun", "php", "rust", "ansible", "csharp", "nu", "java", "ruby", "rlang",
    "duckdb", "bunnative", "dbt",
]  # fmt: skip
ScriptKind = Literal["script", "failure", "trigger", "command", "approval", "preprocessor"]
SCRIPT_KINDS: tuple[str, ...] = get_args(ScriptKind)

SCRIPT_LANGUAGES: tuple[str, ...] = get_args(ScriptLanguage)

LOCKED_LANGUAGES = frozenset(
    {
        "python3", "go", "bun", "bunnative", "deno", "rust", "ansible", "csharp", "nu", "php", "java", "ruby",
        "rlang", "powershell", "dbt",
    }
)  # fmt: skip
"""Languages whose dependencies a job resolves; the others get the empty lock at once."""


SHARED_DEPENDENCIES: dict[str, str] = {"bunnative": "bun", "nativets": "bun"}
"""Languages whose dependency files of the workspace are those of another."""


def dependency_language(language: str) -> str:
    """The language under which the workspace keeps the dependency files of a language."""
    return SHARED_DEPENDENCIES.get(language, language)


class ScriptModule(msgspec.Struct, frozen=True, omit_defaults=True):
    """A file that lies beside the main file and is imported relatively."""

    content: str
    language: ScriptLanguage
    lock: str | None = None


class ScriptSettings(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How the runs of a version behave; names and units as on the wire (``_s``, ``_secs``: seconds).

    ``assets`` is information that clients store with a script; no run looks at it.
    """

    tag: str | None = None
    envs: tuple[str, ...] | None = None
    timeout: int | None = None
    cache_ttl: int | None = None
    concurrent_limit: int | None = None
    concurrency_time_window_s: int | None = None
    concurrency_key: str | None = None
    debounce_delay_s: int | None = None
    debounce_key: str | None = None
    debounce_args_to_accumulate: tuple[str, ...] | None = None
    max_total_debouncing_time: int | None = None
    max_total_debounces_amount: int | None = None
    priority: int | None = None
    dedicated_worker: bool | None = None
    delete_after_secs: int | None = None
    restart_unless_cancelled: bool | None = None
    visible_to_runner_only: bool | None = None
    ws_error_handler_muted: bool | None = None
    on_behalf_of: str | None = None
    on_behalf_of_email: str | None = None
    labels: tuple[str, ...] | None = None
    retry: Any = None  # a retry policy, see model/run_options
    assets: Any = None

    @property
    def debouncing(self) -> Debouncing:
        return Debouncing(
            debounce_delay_s=self.debounce_delay_s,
            debounce_key=self.debounce_key,
            debounce_args_to_accumulate=self.debounce_args_to_accumulate or (),
            max_total_debouncing_time=self.max_total_debouncing_time,
            max_total_debounces_amount=self.max_total_debounces_amount,
        )


class Script(msgspec.Struct, frozen=True, kw_only=True):
    """One version. ``schema`` and ``modules`` are JSON as text, in the order in which they were sent.

    ``version`` orders the versions of a path. A version can be run by path once it has a lock and no
    lock error; ``lock_job`` is the job that computes it.
    """

    workspace_id: str
    hash: int
    version: int
    path: str
    parent_hashes: tuple[int, ...]  # the nearest first
    summary: str
    description: str
    content: str
    language: str
    kind: str
    schema: str | None
    modules: str | None
    is_template: bool
    auto_kind: str | None
    has_preprocessor: bool
    settings: ScriptSettings
    lock: str | None
    lock_error_logs: str | None
    lock_job: UUID | None
    deployment_message: str | None
    extra_perms: dict[str, bool]
    created_by: str
    created_at: datetime
    archived: bool
    deleted: bool

    @property
    def is_deployed(self) -> bool:
        """Whether a run by path may pick this version."""
        return not (self.archived or self.deleted) and self.lock is not None and self.lock_error_logs is None


class NewScript(ScriptSettings, frozen=True, kw_only=True, omit_defaults=False):
    """What a caller sends to deploy a version; members as on the wire.

    Clients send all settings that they know, those in ``NOT_OFFERED`` empty; with a value those are refused.
    """

    path: str
    content: str
    language: ScriptLanguage
    summary: str = ""
    description: str | None = None
    parent_hash: str | None = None
    auto_parent: bool | None = None
    schema: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET
    is_template: bool | None = None
    lock: str | list[str] | None = None
    kind: ScriptKind | None = None
    deployment_message: str | None = None
    modules: dict[str, ScriptModule] | None = None
    auto_kind: str | None = None
    has_preprocessor: bool | None = None
    preserve_on_behalf_of: bool | None = None
    skip_draft_deletion: bool | None = None
    cache_ttl: float | None = None  # type: ignore[assignment]  # a number with a point in some clients
    codebase: str | None = None
    cache_ignore_s3_path: bool | None = None


NOT_OFFERED = ("codebase", "cache_ignore_s3_path")


class ScriptFilter(msgspec.Struct, frozen=True, kw_only=True):
    """What a list of scripts is narrowed to; None leaves a member out."""

    archived: bool = False
    path_start: str | None = None
    path_exact: str | None = None
    created_by: str | None = None
    first_parent_hash: int | None = None
    last_parent_hash: int | None = None
    parent_hash: int | None = None
    include_without_main: bool = False
    is_template: bool | None = None
    kinds: list[str] | None = None
    languages: list[str] | None = None
    dedicated_worker: bool | None = None
    label: str | None = None
    starred_only: bool = False


class ScriptVersion(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a script's history."""

    hash: int
    version: int
    path: str
    deployment_message: str | None
    created_by: str
    created_at: datetime
