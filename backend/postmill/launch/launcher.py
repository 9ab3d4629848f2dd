"""From a request to a queued job: rights, version, settings, and one push."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NoReturn, Protocol
from uuid import UUID

import msgspec

from postmill.access.paths import ItemPath
from postmill.access.policy import not_found, require_developer, require_run
from postmill.access.scopes import allows
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.kernel import json, storable
from postmill.kernel.clock import Clock, now
from postmill.kernel.errors import InvalidInput, NotFound, PermissionDenied, TooMany
from postmill.kernel.ids import format_hash, new_job_id
from postmill.languages.registry import find_language
from postmill.languages.source import stored_language
from postmill.launch.debouncing import debounced
from postmill.launch.plain_runs import PlainRuns
from postmill.launch.run_settings import Event, cached, given_args, limited, scopes_of, seconds, whose
from postmill.launch.templates import tag_of
from postmill.launch.versions import Versions
from postmill.model.debouncing import Debouncing
from postmill.model.job import NewJob
from postmill.model.retry_policy import parse_policy
from postmill.model.run_options import STORED_IMPORTS, Preview, RawFlow, RawScript, RunOptions
from postmill.model.script import Script
from postmill.model.subject import Subject
from postmill.queue.debounce import push_debounced
from postmill.queue.jobs import require_kin
from postmill.references.given import reads_more, require_given
from postmill.tables.jobs import queue

ENTRYPOINT_OVERRIDE = "_ENTRYPOINT_OVERRIDE"
DEPENDENCY_TAG = "dependency"
PRIORITY_WITH_PARENT = 2
PLAIN = RunOptions()

_IDENTIFIER = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class Pushes(Protocol):
    """Takes a job that is to run: the queue's writer."""

    async def push(self, job: NewJob) -> None: ...
    async def take_room(self, workspace: str) -> None: ...


class Launcher:
    """Launches jobs on behalf of subjects; one per process."""

    def __init__(
        self,
        pool: Pool,
        push_writer: Pushes,
        notifications: Notifications | None = None,
        clock: Clock = now,
        *,
        joins_runs: bool = True,
    ) -> None:
        """``joins_runs``: runs are debounced as their settings say; False where each is waited for by itself."""
        self._pool = pool
        self._push_writer = push_writer
        self._versions = Versions(pool, notifications)
        self._plain_runs = PlainRuns()
        self._clock = clock
        self._joins_runs = joins_runs

    @property
    def versions(self) -> Versions:
        """What is deployed, as this process knows it."""
        return self._versions

    def forget_version(self, workspace: str, path: str) -> None:
        """What is deployed at the path has changed, and the notification of it may not have come yet."""
        self._versions.forget(f"{workspace}:{path}")

    async def run_script_path(
        self,
        subject: Subject,
        path: str,
        args: Mapping[str, Any],
        options: RunOptions = PLAIN,
        event: Event | None = None,
    ) -> UUID:
        """Queues a run of the deployed version of a path.

        ``event`` takes the place of ``args`` when the version has a preprocessor that is not skipped. Raises NotFound,
        PermissionDenied, InvalidInput, Conflict (job id taken) and TooMany (queue full).
        """
        workspace = workspace_of(subject)
        script = await self._versions.deployed(workspace, path)
        if script is None:
            await self._not_deployed(subject, workspace, path)
        return await self._run_script(subject, script, args, options, event)

    async def run_script_hash(
        self,
        subject: Subject,
        script_hash: int,
        args: Mapping[str, Any],
        options: RunOptions = PLAIN,
        event: Event | None = None,
    ) -> UUID:
        """Queues a run of exactly this version, which may be an older one. Raises as ``run_script_path``."""
        script = await self._versions.by_hash(workspace_of(subject), script_hash)
        if script is None or script.deleted:
            raise not_found("script", format_hash(script_hash))
        try:
            require_run(subject, "script", script.path, script.extra_perms)
        except NotFound:
            # In the words for a hash that nothing has: they do not tell the path of a hidden script.
            raise not_found("script", format_hash(script_hash)) from None
        return await self._run_script(subject, script, args, options, event)

    async def run_preview(self, subject: Subject, preview: Preview, options: RunOptions = PLAIN) -> UUID:
        """Queues code that is not deployed. Its token may do no more than the caller's.

        Raises NotAuthorized for operators, PermissionDenied for tokens that may run only some runnables.
        """
        require_any_code(subject)
        args = dict(preview.args)
        entrypoint = _entrypoint(args) or _checked_entrypoint(preview.entrypoint)
        if preview.stored_imports:
            args[STORED_IMPORTS] = preview.stored_imports
        path = preview_path(preview.path)
        language = _runnable_language(stored_language(preview.language, preview.content))
        job = self.new_job(
            subject,
            args,
            options,
            kind="preview",
            tag=options.tag or preview.tag or _default_tag(language),
            language=language,
            path=path,
            raw_code=preview.content,
            raw_lock=preview.lock,
            entrypoint=entrypoint,
            timeout_seconds=seconds(options.timeout, "timeout"),
            scopes=options.scopes if options.scopes is not None else subject.scopes,
        )
        return await self.push(subject, job, options)

    async def run_dependencies(
        self, subject: Subject, script: RawScript, options: RunOptions = PLAIN
    ) -> UUID:
        """Queues the resolution of dependencies; the job's result is ``{"lock": text}``. Raises as ``run_preview``."""
        require_any_code(subject)
        given = {"requirements": script.requirements, "sources": script.sources}
        job = self.new_job(
            subject,
            {name: value for name, value in given.items() if value},
            options,
            kind="dependencies",
            tag=options.tag or DEPENDENCY_TAG,
            language=_runnable_language(script.language),
            path=preview_path(script.path),
            raw_code=script.content,
            entrypoint=_checked_entrypoint(script.entrypoint),
            scopes=subject.scopes,
        )
        return await self.push(subject, job, options)

    async def run_flow_dependencies(
        self, subject: Subject, flow: RawFlow, options: RunOptions = PLAIN
    ) -> UUID:
        """Queues the same for a flow's inline code; the job's result is ``{"updated_flow_value": {...}}``."""
        require_any_code(subject)
        job = self.new_job(
            subject,
            {"flow_value": flow.value, "requirements": flow.requirements, "sources": flow.sources},
            options,
            kind="flowdependencies",
            tag=options.tag or DEPENDENCY_TAG,
            path=preview_path(flow.path),
            scopes=subject.scopes,
        )
        return await self.push(subject, job, options)

    async def has_preprocessor(self, subject: Subject, path: str) -> bool:
        """Whether runs of the path start with a preprocessor; False where the subject may not run it."""
        script = await self._versions.deployed(workspace_of(subject), path)
        return script is not None and script.has_preprocessor

    async def _run_script(
        self,
        subject: Subject,
        script: Script,
        args: Mapping[str, Any],
        options: RunOptions,
        event: Event | None,
    ) -> UUID:
        like = self._plain_runs.find(subject, script, options)
        if like is not None and ENTRYPOINT_OVERRIDE not in args:
            job = msgspec.structs.replace(like, id=new_job_id(), args=json.encode_text(args))
            await self.require_given(subject, job, script.schema)
            await self._push_writer.push(job)
            return job.id
        require_run(subject, "script", script.path, script.extra_perms)
        _require_runnable(script)
        settings = script.settings
        given, preprocess = given_args(args, event, options, has_preprocessor=script.has_preprocessor)
        entrypoint = _entrypoint(given)
        shared = whose(settings, subject, options)
        scopes = scopes_of(subject, options)
        ttl = options.cache_ttl if options.cache_ttl is not None else settings.cache_ttl
        runnable = f"{format_hash(script.hash)}:{entrypoint or ''}"
        retry = options.retry if options.retry is not None else settings.retry
        job = self.new_job(
            subject,
            given,
            options,
            kind="script",
            tag=options.tag or settings.tag or _default_tag(script.language),
            language=script.language,
            path=script.path,
            script_hash=script.hash,
            entrypoint=entrypoint,
            default_priority=settings.priority,
            timeout_seconds=seconds(options.timeout or settings.timeout, "timeout"),
            warm=bool(settings.dedicated_worker),
            preprocess=preprocess,
            restart_unless_canceled=bool(settings.restart_unless_cancelled),
            default_delete_after=settings.delete_after_secs,
            retry=_retry(retry),
            scopes=scopes,
            **shared,
            **cached(script.workspace_id, runnable, shared["permissioned_as"], scopes, ttl, given),
            **limited(
                settings.concurrent_limit,
                settings.concurrency_time_window_s,
                settings.concurrency_key,
                script.workspace_id,
                f"script/{script.path}",
                given,
            ),
        )
        await self.require_given(subject, job, script.schema)
        self._plain_runs.keep(subject, script, options, job)
        return await self.push(subject, job, options, settings.debouncing)

    def new_job(
        self,
        subject: Subject,
        args: Mapping[str, Any],
        options: RunOptions,
        *,
        tag: str,
        default_priority: int | None = None,
        default_delete_after: int | None = None,
        **settings: Any,
    ) -> NewJob:
        """The record of the job: what every run has in common, and the given settings of this one."""
        workspace = workspace_of(subject)
        shared = {
            "permissioned_as": subject.permissioned_as,
            "email": subject.email,
            "visible_to_owner": not options.invisible_to_owner,
        }
        delete_after = (
            options.delete_after_secs if options.delete_after_secs is not None else default_delete_after
        )
        return NewJob(
            id=options.job_id or new_job_id(),
            workspace_id=workspace,
            created_by=subject.username,
            tag=tag_of(tag, workspace, args),
            args=json.encode_text(args),
            priority=_priority(options, default_priority),
            scheduled_for=self._time(options),
            parent_job=options.parent_job,
            root_job=options.root_job,
            trigger_kind=options.trigger_kind,
            trigger=options.trigger,
            reply_channel=options.reply_channel,
            end_user_email=options.end_user_email,
            delete_after_seconds=seconds(delete_after, "delete_after_secs"),
            **{**shared, **settings},
        )

    async def require_given(self, subject: Subject, job: NewJob, schema: str | None) -> None:
        """Raises NotFound where the job would read for the subject, by references, what the subject may not read."""
        if reads_more(subject, job.permissioned_as, job.scopes):
            await require_given(self._pool, subject, job.workspace_id, job.args, schema)

    async def push(
        self, subject: Subject, job: NewJob, options: RunOptions, debouncing: Debouncing | None = None
    ) -> UUID:
        """Queues the job, unless more wait than the options allow or they name kin that the subject may not see.

        With ``debouncing`` it may wait, and take the place of one of its kind that waits, for which there is room
        in a full queue too.
        """
        workspace = job.workspace_id
        kin = [job_id for job_id in (options.parent_job, options.root_job) if job_id is not None]
        if kin:
            await require_kin(self._pool, subject, workspace, kin)
        joined = None
        if debouncing is not None and self._joins_runs:
            joined = debounced(debouncing, job, self._clock())
        if joined is None:
            await self._require_room(workspace, options)
            await self._push_writer.push(job)
            return job.id
        full = None
        try:
            await self._require_room(workspace, options)
            await self._push_writer.take_room(workspace)
        except TooMany as error:
            full = error
        await push_debounced(self._pool, *joined, full)
        return job.id

    async def _require_room(self, workspace: str, options: RunOptions) -> None:
        """Raises TooMany where more jobs wait than the run itself allows."""
        if options.queue_limit is None:
            return
        limit = max(0, options.queue_limit)
        if await queue.count_waiting(self._pool, workspace, limit + 1) >= limit:
            raise TooMany(
                f"Too many requests: {limit} jobs or more wait already, the queue_limit of this run"
            )

    def _time(self, options: RunOptions) -> datetime | None:
        if options.scheduled_for is not None:
            return storable.checked_moment(options.scheduled_for, "scheduled_for")
        wait = seconds(options.scheduled_in_secs, "scheduled_in_secs")
        return None if wait is None else self._clock() + timedelta(seconds=wait)

    async def _not_deployed(self, subject: Subject, workspace: str, path: str) -> NoReturn:
        """Raises what keeps a path from being run; never returns."""
        head = await self._versions.head(workspace, path)
        if head is None or head.archived:
            raise not_found("script", path)
        require_run(subject, "script", path, head.extra_perms)
        _require_runnable(head)
        raise not_found("script", path)


def workspace_of(subject: Subject) -> str:
    """The workspace that jobs of the subject belong to; raises InvalidInput without one."""
    if subject.workspace_id is None:
        raise InvalidInput("Bad request: jobs are run inside a workspace")
    return subject.workspace_id


def require_any_code(subject: Subject) -> None:
    """Raises unless the subject may run code that is not deployed."""
    require_developer(subject)
    is_anonymous = subject.token_kind == "anonymous"  # noqa: S105 - a kind, not a password
    if is_anonymous or subject.read_only or not allows(subject.scopes, "jobs", "run", None):
        raise PermissionDenied("Permission denied: this token may not run code that is not deployed")


def _require_runnable(script: Script) -> None:
    if script.lock_error_logs is not None:
        raise InvalidInput(
            f"Bad request: version {format_hash(script.hash)} of {script.path} cannot run: "
            "its dependencies could not be resolved; its page shows why"
        )
    if script.lock is None:
        raise InvalidInput(
            f"Bad request: version {format_hash(script.hash)} of {script.path} is still being deployed"
        )
    if script.auto_kind == "lib":
        raise InvalidInput(
            f"Bad request: script {script.path} has no main function: it can be imported, not run"
        )


def _entrypoint(args: dict[str, Any]) -> str | None:
    """The function to call instead of ``main``, taken out of the arguments."""
    return _checked_entrypoint(args.pop(ENTRYPOINT_OVERRIDE, None))


def _checked_entrypoint(name: Any) -> str | None:
    if name is None or name == "":
        return None
    if not isinstance(name, str) or not _IDENTIFIER.fullmatch(name):
        raise InvalidInput("Bad request: the entry point must be the name of a function")
    return name


def preview_path(path: str | None) -> str | None:
    """A checked path, for code that says where it is to be deployed."""
    return str(ItemPath.parse(path)) if path else None


def _runnable_language(name: str) -> str:
    language = find_language(name)
    if language is None:
        raise InvalidInput(f"Bad request: no worker runs the language {name[:60]!r}")
    return language.name


def _default_tag(language: str) -> str:
    found = find_language(language)
    return found.default_tag if found is not None else language


def _priority(options: RunOptions, default: int | None) -> int:
    chosen = options.priority if options.priority is not None else default
    if chosen is None:
        return PRIORITY_WITH_PARENT if options.parent_job is not None else 0
    if not -32768 <= chosen <= 32767:
        raise InvalidInput("Bad request: a priority lies between -32768 and 32767")
    return chosen


def _retry(policy: Any) -> str | None:
    if policy is None:
        return None
    text = json.encode_text(policy)
    parse_policy(text)
    return text
