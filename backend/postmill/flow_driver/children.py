"""What a step does becomes a job."""

from collections.abc import Mapping
from hashlib import sha256
from typing import Any
from uuid import UUID

import msgspec

from postmill.access.policy import not_found, require_run
from postmill.flow_driver.flow_in_hand import FlowInHand
from postmill.flow_driver.surroundings import Surroundings
from postmill.flow_logic.commands import RunModule, RunSteps, Start
from postmill.flow_logic.state import State
from postmill.flow_logic.view import inner_place, written_seconds
from postmill.kernel import json
from postmill.kernel.errors import InvalidInput, PostmillError
from postmill.kernel.ids import format_hash, new_job_id, parse_hash
from postmill.languages.registry import find_language
from postmill.languages.source import stored_language
from postmill.launch.caching import cache_key
from postmill.launch.templates import concurrency_key_of, tag_of
from postmill.model.flow import AiAgent, FlowModule, FlowValue, InlineScript, ScriptStep, Subflow
from postmill.model.flow_paths import whole_path
from postmill.model.flow_run import DocumentRef, Origin
from postmill.model.job import NewJob
from postmill.model.script import Script
from postmill.references.given import require_given

FLOW_TAG = "flow"
PREPROCESSOR = "preprocessor"
FLOW_ATTEMPTS = 20
"""A flow is claimed often, and driving it is safe to repeat: lost workers count for less than with scripts."""


class Child:
    """A job to be, and for a flow what it is made of."""

    def __init__(self, job: NewJob, origin: Origin | None = None, state: State | None = None) -> None:
        self.job = job
        self.origin = origin
        self.state = state


class Children:
    """Makes children of flows; one for a unit, which sees each script as it was at its beginning."""

    def __init__(self, around: Surroundings) -> None:
        self._around = around
        self._alike: dict[
            tuple[UUID, str, int], NewJob
        ] = {}  # of a step: a script that its arguments do not shape

    async def make(
        self, flow: FlowInHand, start: Start, index: int, args: str, *, preprocessed: bool = False
    ) -> Child:
        """The child with these arguments (a JSON object as text). Raises PostmillError when it cannot be started."""
        work = start.work
        assert isinstance(work, RunModule)
        key = (flow.id, start.step, start.attempt)
        alike = self._alike.get(key)
        if alike is not None:
            await self._require_given(flow, alike, args)
            return Child(msgspec.structs.replace(alike, id=new_job_id(), args=args, flow_index=index))
        value = work.module.value
        if isinstance(value, InlineScript):
            child = Child(await self._inline(flow, start, work, value, index, args))
        elif isinstance(value, ScriptStep):
            child = Child(await self._script(flow, start, work, value, index, args))
        else:
            child = None
        if child is not None:
            await self._require_given(flow, child.job, args)
            if preprocessed and child.job.preprocess:
                child.job = msgspec.structs.replace(child.job, preprocess=False)
            return child
        if isinstance(value, Subflow):
            child = await self._subflow(flow, start, work, value, index, args)
            await self._require_given(flow, child.job, args)
            return child
        assert isinstance(value, AiAgent)
        raise InvalidInput(f"step {work.module.id!r} is an AI agent, which this release cannot run")

    async def _require_given(self, flow: FlowInHand, job: NewJob, args: str) -> None:
        """Raises NotFound where a step that runs as somebody else would read for the flow what it may not read."""
        if job.permissioned_as == flow.row.permissioned_as:
            return
        subject = await self._around.subject(flow.row)
        await require_given(
            self._around.pool, subject, flow.row.workspace_id, args, await self._schema_of(job)
        )

    async def _schema_of(self, job: NewJob) -> str | None:
        if job.script_hash is None:
            return None
        if job.kind == "flow":
            loaded = await self._around.flows.by_version(job.workspace_id, job.script_hash)
            return None if loaded is None else loaded.document.schema
        script = await self._around.versions.by_hash(job.workspace_id, job.script_hash)
        return None if script is None else script.schema

    def _kept(self, flow: FlowInHand, start: Start, tag: str | None, job: NewJob) -> NewJob:
        """The job; the other turns of a loop are made like it, unless their arguments shape more of it."""
        shaped = job.cache_key is not None or job.concurrency_key is not None or "$args" in (tag or "")
        if start.iterates and not shaped:
            self._alike[flow.id, start.step, start.attempt] = job
        return job

    def failed(self, flow: FlowInHand, start: Start, index: int) -> NewJob:
        """The child that never ran: what kept it from running is its result."""
        return self._job(
            flow, start, index, "{}", kind="identity", tag=FLOW_TAG, path=_step_path(flow, start.step)
        )

    def identity(self, flow: FlowInHand, start: Start, index: int, args: str = "{}") -> NewJob:
        return self._job(
            flow, start, index, args, kind="identity", tag=FLOW_TAG, path=_step_path(flow, start.step)
        )

    def _job(
        self,
        flow: FlowInHand,
        start: Start,
        index: int,
        args: str,
        *,
        tag: str,
        job_id: UUID | None = None,
        **more: Any,
    ) -> NewJob:
        row = flow.row
        timeout = _timeout(start)
        shared: dict[str, Any] = {
            "permissioned_as": row.permissioned_as,
            "email": row.email,
            "priority": row.priority,
            "visible_to_owner": row.visible_to_owner,
            "timeout_seconds": None if timeout is None else max(1, round(timeout)),
        }
        return NewJob(
            id=job_id or new_job_id(),
            workspace_id=row.workspace_id,
            created_by=row.created_by,
            tag=tag,
            args=args,
            parent_job=flow.id,
            root_job=flow.origin.root,
            trigger_kind=row.trigger_kind,
            trigger=row.trigger,
            scopes=row.scopes,
            end_user_email=row.end_user_email,
            flow_step_id=start.step,
            flow_attempt=start.attempt,
            flow_index=index,
            **{**shared, **more},
        )

    # -- scripts --

    async def _inline(
        self, flow: FlowInHand, start: Start, work: RunModule, value: InlineScript, index: int, args: str
    ) -> NewJob:
        language = find_language(stored_language(value.language, value.content))
        if language is None:
            raise InvalidInput(
                f"no worker runs the language {value.language[:60]!r} of step {work.module.id!r}"
            )
        # A turn stands below its loop, so that its worker can tell where the flow stands, and which step this is.
        step_path = f"{start.step}/{work.module.id}" if work.turn else work.module.id
        path = value.path or _step_path(flow, step_path)
        # The same for all turns of a loop, which share what is limited and cached.
        place = value.path or (flow.row.path and f"{whole_path(flow.row.path)}/{work.module.id}")
        code = sha256(value.content.encode("utf-8", "replace")).hexdigest()
        job = self._job(
            flow,
            start,
            index,
            args,
            kind="preview",
            tag=_tag(flow, value.tag, language.default_tag, args, work),
            path=path,
            language=language.name,
            raw_code=value.content,
            raw_lock=value.lock,
            warm=await self._is_warm(flow, work),
            entrypoint=PREPROCESSOR if work.args == "event" else None,
            preprocess=work.module.apply_preprocessor and work.args != "event",
            **_priority(flow, work.module, None),
            **self._cached(
                flow, work.module.cache_ttl, f"inline:{place}:{value.language}:{code}{_prepared(work)}", args
            ),
            **_limited(
                flow,
                value.concurrent_limit,
                value.concurrency_time_window_s,
                value.custom_concurrency_key,
                f"script/{place}",
                args,
            ),
            delete_after_seconds=_deletion(flow, start, work, None),
        )
        return self._kept(flow, start, value.tag, job)

    async def _script(
        self, flow: FlowInHand, start: Start, work: RunModule, value: ScriptStep, index: int, args: str
    ) -> NewJob:
        script = await self._version(flow, work.module, value)
        settings = script.settings
        as_other = settings.on_behalf_of
        language = find_language(script.language)
        default_tag = language.default_tag if language is not None else script.language
        ttl = work.module.cache_ttl if work.module.cache_ttl is not None else settings.cache_ttl
        more: dict[str, Any] = {}
        if _timeout(start) is None and settings.timeout:
            more["timeout_seconds"] = settings.timeout
        if as_other:
            more["permissioned_as"] = as_other
            more["email"] = settings.on_behalf_of_email or flow.row.email
        own_tag = value.tag_override or settings.tag
        job = self._job(
            flow,
            start,
            index,
            args,
            kind="script",
            tag=_tag(flow, own_tag, default_tag, args, work),
            path=script.path,
            language=script.language,
            script_hash=script.hash,
            entrypoint=PREPROCESSOR if work.args == "event" else None,
            preprocess=work.module.apply_preprocessor and script.has_preprocessor and work.args != "event",
            warm=bool(settings.dedicated_worker) or await self._is_warm(flow, work),
            **_priority(flow, work.module, settings.priority),
            **(self._cached(flow, ttl, _runnable(script, work), args) if ttl else {}),
            **_limited(
                flow,
                settings.concurrent_limit,
                settings.concurrency_time_window_s,
                settings.concurrency_key,
                f"script/{script.path}",
                args,
            ),
            delete_after_seconds=_deletion(flow, start, work, settings.delete_after_secs),
            **more,
        )
        return self._kept(flow, start, own_tag, job)

    async def _is_warm(self, flow: FlowInHand, work: RunModule) -> bool:
        """Whether runs of the step keep their process for each other: in squashed loops, and where the flow says so."""
        if work.warm or flow.origin.warm:
            return True
        version = flow.origin.document.version
        if version is None:
            return False
        loaded = await self._around.flows.by_version(flow.row.workspace_id, version)
        return loaded is not None and bool(loaded.document.settings.dedicated_worker)

    async def _version(self, flow: FlowInHand, module: FlowModule, value: ScriptStep) -> Script:
        workspace = flow.row.workspace_id
        if value.path.startswith("hub/"):
            raise InvalidInput(
                f"step {module.id!r} names {value.path}: scripts of the hub are not at hand here"
            )
        if value.hash:
            try:
                number = parse_hash(value.hash)
            except ValueError as error:
                raise InvalidInput(f"step {module.id!r}: {error}") from None
            script = await self._around.versions.by_hash(workspace, number)
        else:
            script = await self._around.versions.deployed(workspace, value.path)
        if script is None or script.deleted:
            raise not_found("script", value.path)
        require_run(await self._around.subject(flow.row), "script", script.path, script.extra_perms)
        return script

    def _cached(self, flow: FlowInHand, ttl: int | None, runnable: str, args: str) -> dict[str, Any]:
        if not ttl or ttl <= 0:
            return {}
        key = cache_key(
            flow.row.workspace_id, runnable, flow.row.permissioned_as, json.decode(args), flow.row.scopes
        )
        return {"cache_key": key, "cache_ttl_seconds": ttl}

    # -- flows --

    async def _subflow(
        self, flow: FlowInHand, start: Start, work: RunModule, value: Subflow, index: int, args: str
    ) -> Child:
        row = flow.row
        loaded = await self._around.flows.deployed(row.workspace_id, value.path)
        if loaded is None:
            raise not_found("flow", value.path)
        document = loaded.document
        require_run(await self._around.subject(row), "flow", value.path, document.extra_perms)
        settings = document.settings
        job_id = new_job_id()
        as_other = settings.on_behalf_of
        more: dict[str, Any] = {}
        if as_other:
            more["permissioned_as"] = as_other
            more["email"] = settings.on_behalf_of_email or row.email
        ref = DocumentRef(version=document.version)
        job = self._job(
            flow,
            start,
            index,
            args,
            job_id=job_id,
            kind="flow",
            tag=_tag(flow, settings.tag, FLOW_TAG, args, work),
            path=value.path,
            script_hash=document.version,
            max_attempts=FLOW_ATTEMPTS,
            **_priority(flow, work.module, loaded.value.priority),
            **flow_cache(
                row.workspace_id, row.permissioned_as, work.module.cache_ttl, loaded.value, ref, args
            ),
            **_limited(
                flow,
                loaded.value.concurrent_limit,
                loaded.value.concurrency_time_window_s,
                loaded.value.concurrency_key,
                f"flow/{value.path}",
                args,
            ),
            delete_after_seconds=_deletion(flow, start, work, loaded.value.delete_after_secs),
            **more,
        )
        env = None if loaded.value.flow_env is not None else (flow.origin.env or flow.origin.document)
        origin = Origin(
            document=ref,
            root=flow.origin.root,
            scope=job_id,
            parent=flow.id,
            env=env,
            parallel=start.parallel,
        )
        return Child(job, origin, State(depth=flow.state.depth + 1, deletes=False))

    def steps(
        self, flow: FlowInHand, start: Start, work: RunSteps, index: int, args: str, *, inherits: bool
    ) -> Child:
        """A list of steps as a flow of its own; ``inherits``: ``args`` are only those that the flow around has not."""
        job_id = new_job_id()
        row, origin = flow.row, flow.origin
        number = work.inner if work.path == "branchone" else index
        base = row.path
        job = self._job(
            flow,
            start,
            index,
            args,
            job_id=job_id,
            kind=row.kind,
            tag=row.tag,
            path=None if base is None else f"{base}/{work.path}-{number}",
            script_hash=row.script_hash,
            max_attempts=FLOW_ATTEMPTS,
            delete_after_seconds=work.module.delete_after_secs,
            **_priority(flow, work.module, None),
        )
        is_apart = start.parallel and start.iterates
        child_origin = Origin(
            document=origin.document,
            root=origin.root,
            scope=job_id if is_apart else origin.scope,
            place=inner_place(origin.place, work.module.id, work.inner),
            parent=flow.id,
            env=origin.env,
            parallel=start.parallel,
            inherits=inherits,
            warm=origin.warm or bool(getattr(work.module.value, "squash", False)),
        )
        suffix = f"{flow.state.suffix}-{start.step}-{index}"
        return Child(job, child_origin, State(depth=flow.state.depth + 1, suffix=suffix, deletes=False))


def flow_cache(
    workspace: str, identity: str, step_ttl: int | None, flow: FlowValue, document: DocumentRef, args: str
) -> dict[str, Any]:
    """The members of a flow job whose result may come from the cache."""
    ttl = step_ttl if step_ttl is not None else flow.cache_ttl
    if not ttl or ttl <= 0:
        return {}
    key = cache_key(workspace, f"flow:{document.version}", identity, json.decode(args))
    return {"cache_key": key, "cache_ttl_seconds": ttl}


def engine_error(error: PostmillError | str, step_id: str | None = None) -> str:
    """The result of a child that could not be started, or of a flow that cannot go on."""
    message = error.message if isinstance(error, PostmillError) else error
    named = {} if step_id is None else {"step_id": step_id}
    return json.encode_text({"error": {"message": message, "name": "ExecutionErr", **named}})


def _timeout(start: Start) -> float | None:
    """Seconds: those of the step or, where a step is the whole turn of a loop, its own before those of the loop."""
    if isinstance(start.work, RunModule) and start.work.turn:
        own = written_seconds(start.work.module)
        if own is not None and own > 0:
            return own
    return start.timeout


def _deletion(flow: FlowInHand, start: Start, work: RunModule, of_runnable: int | None) -> int | None:
    """Seconds: those of the step or else of what it runs; a whole turn of a loop goes with its loop at the latest."""
    own = work.module.delete_after_secs
    wanted = [own if own is not None else of_runnable]
    if work.turn:
        wanted += [module.delete_after_secs for module in flow.view.modules if module.id == start.step]
    return min((seconds for seconds in wanted if seconds is not None), default=None)


def _runnable(script: Script, work: RunModule) -> str:
    """What the results of a script are cached under."""
    return f"{format_hash(script.hash)}:{PREPROCESSOR if work.args == 'event' else _prepared(work)}"


def _prepared(work: RunModule) -> str:
    """Sets apart the cached results of steps whose script begins with its preprocessor."""
    return ":preprocessed" if work.module.apply_preprocessor else ""


def _step_path(flow: FlowInHand, step: str) -> str | None:
    return None if flow.row.path is None else f"{flow.row.path}/{step}"


def _tag(flow: FlowInHand, own: str | None, default: str, args: str, work: RunModule) -> str:
    """A flow on a tag of its own has its steps on it too, unless they say otherwise and it lets them."""
    workspace = flow.row.workspace_id
    given: Mapping[str, Any] = {}
    if own and "$args" in own:
        given = json.decode(args)
    is_default = flow.row.tag in (FLOW_TAG, f"{FLOW_TAG}-{workspace}")
    keeps = flow.view.flow.preserve_step_tags and bool(own)
    if is_default or keeps or work.args == "event":
        return tag_of(own or default, workspace, given)
    return flow.row.tag


def _priority(flow: FlowInHand, module: FlowModule, of_script: int | None) -> dict[str, Any]:
    if module.priority is not None:
        return {"priority": max(-32768, min(32767, module.priority))}
    if flow.row.priority == 0 and of_script:
        return {"priority": of_script}
    return {}


def _limited(
    flow: FlowInHand, limit: int | None, window: int | None, key: str | None, default: str, args: str
) -> dict[str, Any]:
    if limit is None or limit <= 0:
        return {}
    given = json.decode(args) if key and "$args" in key else {}
    return {
        "concurrency_limit": limit,
        "concurrency_window_seconds": window,
        "concurrency_key": concurrency_key_of(key, flow.row.workspace_id, default, given),
    }
