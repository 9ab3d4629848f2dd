"""The code of a job with its lock, and who the job runs as; both kept while they cannot have changed."""

import time
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgspec

from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotAuthorized, NotFound
from postmill.kernel.ids import format_hash
from postmill.model.job import ClaimedJob
from postmill.model.script import Script, ScriptModule
from postmill.model.subject import Subject
from postmill.signatures.infer import infer
from postmill.tables.items import script as scripts
from postmill.tables.people.workspace_member import load_subject
from postmill.tables.workspaces import workspace_env

MOST_SCRIPTS = 500
WORKFLOW_LANGUAGES = ("python3", "bun", "deno")
MOST_SUBJECTS = 5000
GOOD_FOR_SECONDS = 5.0  # in case a notification is lost
ACCESS_CHANNEL = "access_changed"
_UNKNOWN: tuple[float, dict[str, str]] = (0.0, {})


@dataclass(frozen=True)
class Code:
    """What is run. ``lock`` None: the dependencies have to be resolved first."""

    text: str
    language: str
    lock: str | None
    envs: tuple[str, ...] = ()
    modules: Mapping[str, str] = field(default_factory=dict)
    is_workflow: bool = False  # runs in rounds, see workflows.py


class Codes:
    """Loads code. A version never changes once it has a lock, so those are kept without a time limit."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._known: OrderedDict[tuple[str, int], Code] = OrderedDict()

    async def of(self, job: ClaimedJob) -> Code:
        """Raises NotFound or InvalidInput when there is nothing to run."""
        if job.script_hash is None:
            if job.raw_code is None or job.language is None:
                raise InvalidInput("this job holds no code")
            rounds = _is_workflow(job.language, job.raw_code)
            return Code(job.raw_code, job.language, job.raw_lock, is_workflow=rounds)
        known = self.known(job)
        if known is not None:
            return known
        key = (job.workspace_id, job.script_hash)
        return self._keep(key, await self._load(job.workspace_id, job.script_hash))

    def known(self, job: ClaimedJob) -> Code | None:
        """The code of a deployed version, where it is at hand."""
        if job.script_hash is None:
            return None
        key = (job.workspace_id, job.script_hash)
        known = self._known.get(key)
        if known is not None:
            self._known.move_to_end(key)
        return known

    async def _load(self, workspace: str, script_hash: int) -> Code:
        script: Script | None = await scripts.by_hash(self._pool, workspace, script_hash)
        if script is None or script.deleted:
            raise NotFound(f"version {format_hash(script_hash)} of the script does not exist any more")
        envs = script.settings.envs or ()
        rounds = _is_workflow(script.language, script.content)
        return Code(script.content, script.language, script.lock, envs, _modules(script), rounds)

    def _keep(self, key: tuple[str, int], code: Code) -> Code:
        if code.lock is not None:
            self._known[key] = code
            if len(self._known) > MOST_SCRIPTS:
                self._known.popitem(last=False)
        return code


def _is_workflow(language: str, code: str) -> bool:
    """Whether the code is a workflow as code; it is read only where a word of it says that it may be."""
    return language in WORKFLOW_LANGUAGES and "workflow" in code and infer(language, code).auto_kind == "wac"


def _modules(script: Script) -> dict[str, str]:
    if script.modules is None:
        return {}
    modules = json.decode_as(script.modules, dict[str, ScriptModule])
    return {path: module.content for path, module in modules.items()}


@dataclass(slots=True)
class _Identity:
    subject: Subject
    until: float


@dataclass
class Identities:
    """Loads the Subjects of jobs and the custom variables of workspaces; dropped when rights change."""

    pool: Pool
    _known: dict[tuple[str, str, str], _Identity] = field(default_factory=dict)
    _variables: dict[str, tuple[float, dict[str, str]]] = field(default_factory=dict)
    _changes: int = 0

    def listen(self, notifications: Notifications) -> None:
        notifications.subscribe(ACCESS_CHANNEL, self.forget)

    def forget(self, _change: str) -> None:
        self._changes += 1
        self._known.clear()

    async def of(self, job: ClaimedJob) -> Subject:
        """The job's identity with its present rights, limited to the job's scopes.

        Raises NotAuthorized when it does not exist any more.
        """
        return of_job(await self.subject(job.workspace_id, job.permissioned_as, job.email), job)

    def known_rights(self, job: ClaimedJob) -> Subject | None:
        """The identity that a job runs as, where it is at hand; ``of_job`` makes the job's own of it."""
        known = self._known.get((job.workspace_id, job.permissioned_as, job.email))
        return None if known is None or known.until < time.monotonic() else known.subject

    async def subject(self, workspace: str, permissioned_as: str, email: str) -> Subject:
        """An identity with its present rights. Raises NotAuthorized when it does not exist any more."""
        key = (workspace, permissioned_as, email)
        known = self._known.get(key)
        if known is None or known.until < time.monotonic():
            known = await self._load(key)
        return known.subject

    async def _load(self, key: tuple[str, str, str]) -> _Identity:
        changes = self._changes
        subject = await load_subject(self.pool, *key)
        if subject is None:
            raise NotAuthorized(f"{key[1]}, whom this job runs as, does not exist any more or is disabled")
        identity = _Identity(subject, time.monotonic() + GOOD_FOR_SECONDS)
        if changes == self._changes:
            if len(self._known) >= MOST_SUBJECTS:
                self._known.clear()
            self._known[key] = identity
        return identity

    async def variables(self, workspace: str) -> dict[str, str]:
        """The custom environment variables of a workspace."""
        values = self.known_variables(workspace)
        if values is None:
            values = await workspace_env.list_all(self.pool, workspace)
            self._variables[workspace] = (time.monotonic() + GOOD_FOR_SECONDS, values)
        return values

    def known_variables(self, workspace: str) -> dict[str, str] | None:
        """The same where they are at hand."""
        until, values = self._variables.get(workspace, _UNKNOWN)
        return values if until >= time.monotonic() else None


def of_job(subject: Subject, job: ClaimedJob) -> Subject:
    """An identity in the hands of a job: limited to its scopes."""
    return msgspec.structs.replace(
        subject,
        token_kind="job",  # noqa: S106 - a kind, not a password
        scopes=job.scopes,
        job_id=job.id,
    )
