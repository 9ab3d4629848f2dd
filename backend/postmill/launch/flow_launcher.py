"""Launches flows: deployed ones by path or version, and documents that are not deployed."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from postmill.access.policy import not_found, require_run
from postmill.db.notifications import Notifications
from postmill.db.pool import Pool
from postmill.flow_logic.retry_delays import LONGEST_SECONDS, longest_wait
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, NotFound
from postmill.kernel.ids import new_job_id
from postmill.launch.flow_versions import FlowVersions, LoadedFlow
from postmill.launch.launcher import (
    PLAIN,
    Launcher,
    preview_path,
    require_any_code,
    workspace_of,
)
from postmill.launch.run_settings import Event, cached, given_args, limited, scopes_of, seconds, whose
from postmill.launch.templates import names_args
from postmill.model.flow import FlowValue, all_modules
from postmill.model.flow_reading import parse_flow
from postmill.model.job import NewJob
from postmill.model.run_options import FlowPreview, RunOptions
from postmill.model.subject import Subject
from postmill.tables.flow_runs import flow_memory

FLOW_TAG = "flow"
FLOW_ATTEMPTS = 20


class FlowLauncher:
    """Launches flows on behalf of subjects; one per process."""

    def __init__(self, pool: Pool, launcher: Launcher, notifications: Notifications | None = None) -> None:
        self.versions = FlowVersions(pool, notifications)
        self._pool = pool
        self._launcher = launcher

    async def run_path(
        self,
        subject: Subject,
        path: str,
        args: Mapping[str, Any],
        options: RunOptions = PLAIN,
        event: Event | None = None,
    ) -> UUID:
        """Queues a run of the deployed version of a path.

        ``event`` takes the place of ``args`` when the flow has a preprocessor that is not skipped. Raises NotFound,
        PermissionDenied, InvalidInput, Conflict (job id taken) and TooMany (queue full).
        """
        loaded = await self.versions.deployed(workspace_of(subject), path)
        if loaded is None:
            raise not_found("flow", path)
        return await self._run(subject, loaded, args, options, event)

    async def run_version(
        self,
        subject: Subject,
        version: int,
        args: Mapping[str, Any],
        options: RunOptions = PLAIN,
        event: Event | None = None,
    ) -> UUID:
        """Queues a run of exactly this version. Raises as ``run_path``."""
        loaded = await self.versions.by_version(workspace_of(subject), version)
        if loaded is None:
            raise not_found("flow version", str(version))
        try:
            require_run(subject, "flow", loaded.document.path, loaded.document.extra_perms)
        except NotFound:
            raise not_found("flow version", str(version)) from None
        return await self._run(subject, loaded, args, options, event)

    async def run_preview(self, subject: Subject, preview: FlowPreview, options: RunOptions = PLAIN) -> UUID:
        """Queues a flow that is not deployed. Its token may do no more than the caller's.

        Raises NotAuthorized for operators, InvalidInput for what is no flow.
        """
        job = self.preview_job(subject, preview, options)
        assert job.raw_code is not None
        return await self._launch(subject, job, parse_flow(job.raw_code), options)

    def preview_job(self, subject: Subject, preview: FlowPreview, options: RunOptions) -> NewJob:
        """The job that ``run_preview`` queues."""
        require_any_code(subject)
        workspace = workspace_of(subject)
        text = bytes(preview.value).decode()
        flow = parse_flow(text, seed=str(options.job_id or ""))
        _require_bounded_waits(flow)
        path = preview_path(preview.path)
        args = dict(preview.args)
        ttl = options.cache_ttl if options.cache_ttl is not None else flow.cache_ttl
        named = f"flowpreview:{path}:{text}"
        scopes = options.scopes if options.scopes is not None else subject.scopes
        return self._launcher.new_job(
            subject,
            args,
            options,
            kind="flowpreview",
            tag=options.tag or preview.tag or FLOW_TAG,
            path=path,
            raw_code=text,
            default_priority=flow.priority,
            default_delete_after=flow.delete_after_secs,
            scopes=scopes,
            max_attempts=FLOW_ATTEMPTS,
            **_cache(workspace, named, subject.permissioned_as, scopes, ttl, args),
            **_limits(flow, workspace, path or "preview", args),
        )

    async def _run(
        self,
        subject: Subject,
        loaded: LoadedFlow,
        args: Mapping[str, Any],
        options: RunOptions,
        event: Event | None,
    ) -> UUID:
        job = await self.deployed_job(subject, loaded, args, options, event)
        return await self._launch(subject, job, loaded.value, options)

    async def _launch(self, subject: Subject, job: NewJob, flow: FlowValue, options: RunOptions) -> UUID:
        if flow.chat_input_enabled:
            await self._remember_chat(job, options)
        return await self._launcher.push(subject, job, options, flow.debouncing)

    async def _remember_chat(self, job: NewJob, options: RunOptions) -> None:
        """A run of a flow with chat input has a message, and belongs to a conversation: without one to a new one."""
        if not job.preprocess and not isinstance(json.decode(job.args).get("user_message"), str):
            raise InvalidInput(
                "Bad request: this flow takes chat input: the argument user_message, a text, is missing"
            )
        await flow_memory.keep(self._pool, job.id, options.memory_id or new_job_id())

    async def deployed_job(
        self,
        subject: Subject,
        loaded: LoadedFlow,
        args: Mapping[str, Any],
        options: RunOptions,
        event: Event | None,
    ) -> NewJob:
        """The job that ``run_path`` queues. Raises NotFound and PermissionDenied."""
        document, flow = loaded.document, loaded.value
        require_run(subject, "flow", document.path, document.extra_perms)
        settings = document.settings
        has_preprocessor = flow.preprocessor_module is not None
        given, preprocess = given_args(args, event, options, has_preprocessor=has_preprocessor)
        shared = whose(settings, subject, options)
        identity, scopes = shared["permissioned_as"], scopes_of(subject, options)
        ttl = options.cache_ttl if options.cache_ttl is not None else flow.cache_ttl
        priority = settings.priority if settings.priority is not None else flow.priority
        # Arguments that the preprocessor has to make first are filled in behind it.
        waits_with_tag = preprocess and names_args(settings.tag)
        waits_for_others = preprocess and flow.debouncing.joins
        waits_with_key = waits_for_others or (preprocess and names_args(flow.concurrency_key))
        if waits_for_others and flow.debouncing.debounce_args_to_accumulate:
            ttl = None  # a cached result belongs to one event, not to what is collected
        job = self._launcher.new_job(
            subject,
            given,
            options,
            kind="flow",
            tag=options.tag or (None if waits_with_tag else settings.tag) or FLOW_TAG,
            path=document.path,
            script_hash=document.version,
            default_priority=priority,
            default_delete_after=flow.delete_after_secs,
            timeout_seconds=seconds(options.timeout or settings.timeout, "timeout"),
            preprocess=preprocess,
            scopes=scopes,
            max_attempts=FLOW_ATTEMPTS,
            **shared,
            **_cache(document.workspace_id, f"flow:{document.version}", identity, scopes, ttl, given),
            **({} if waits_with_key else _limits(flow, document.workspace_id, document.path, given)),
        )
        await self._launcher.require_given(subject, job, document.schema)
        return job


def _require_bounded_waits(flow: FlowValue) -> None:
    """What is deployed waits for the longest time at most; who tries something out hears that it would."""
    for module in all_modules(flow):
        if module.retry is not None and longest_wait(module.retry.policy) > LONGEST_SECONDS:
            hours = LONGEST_SECONDS / 3600
            raise InvalidInput(
                f"Bad request: retry of step {module.id!r}: its last try would wait longer than {hours:.0f} hours, "
                "which is the most: try fewer times, or with a smaller multiplier or seconds"
            )


def _cache(
    workspace: str,
    runnable: str,
    identity: str,
    scopes: tuple[str, ...] | None,
    ttl: int | None,
    args: Mapping[str, Any],
) -> dict[str, Any]:
    # A flow may hold any number here; below zero it asks for no cache.
    return cached(workspace, runnable, identity, scopes, max(ttl or 0, 0), args)


def _limits(flow: FlowValue, workspace: str, path: str, args: Mapping[str, Any]) -> dict[str, Any]:
    return limited(
        flow.concurrent_limit,
        flow.concurrency_time_window_s,
        flow.concurrency_key,
        workspace,
        f"flow/{path}",
        args,
    )
