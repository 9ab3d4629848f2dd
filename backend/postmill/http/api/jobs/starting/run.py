"""Routes that start jobs and answer with the id, or with the stream of what comes of it."""

from typing import Any

import msgspec
from starlette.responses import Response

from postmill.deploy.reading import stored_code
from postmill.http.api.jobs.request.run_request import RunQuery, read_run_request, run_options, script_hash
from postmill.http.api.jobs.request.sealed_inputs import with_sealed_inputs
from postmill.http.api.jobs.starting.streamed import streamed
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import created_text, empty
from postmill.kernel.errors import InvalidInput
from postmill.model.run_options import Preview, RawScript

ENTRYPOINT = "_ENTRYPOINT_OVERRIDE"
DEFAULT_REQUIREMENTS = "dependencies/requirements.in"


class PreviewBody(msgspec.Struct, frozen=True, kw_only=True):
    """Code that is run without being deployed.

    ``temp_script_refs``: the SHA-256 of stored code by path, which imports find before what is deployed.
    """

    content: str | None = None
    language: str | None = None
    args: dict[str, Any] = {}
    path: str | None = None
    script_hash: str | None = None
    tag: str | None = None
    kind: str | None = None
    lock: str | None = None
    modules: dict[str, Any] | None = None
    temp_script_refs: dict[str, str] | None = None


class RawScriptBody(msgspec.Struct, frozen=True, kw_only=True):
    raw_code: str
    language: str
    path: str | None = None
    script_path: str | None = None


class DependenciesBody(msgspec.Struct, frozen=True, kw_only=True):
    """Code whose lock is wanted; exactly one script.

    ``raw_workspace_dependencies`` are requirement files by path that replace the workspace's, ``temp_script_refs`` the
    digests of stored code by script path, which imports find before what is deployed.
    """

    raw_scripts: list[RawScriptBody]
    entrypoint: str | None = None
    raw_workspace_dependencies: dict[str, str] | None = None
    temp_script_refs: dict[str, str] | None = None


class Deployed(msgspec.Struct, frozen=True, tag_field="source", tag="deployed"):
    path: str
    runnable_kind: str = "script"


class Inline(msgspec.Struct, frozen=True, tag_field="source", tag="inline"):
    code: str
    language: str | None = None
    lang: str | None = None


class DynamicSelectBody(msgspec.Struct, frozen=True, kw_only=True):
    """The function that fills a choice of a form, and what the form holds so far."""

    entrypoint_function: str
    runnable_ref: Deployed | Inline
    args: dict[str, Any] | None = None


async def run_by_path(call: Call) -> Response:
    request = await read_run_request(call)
    job_id = await call.context.launcher.run_script_path(
        call.subject, call.path(), request.args, request.options, event=request.event
    )
    return created_text(str(job_id))


async def run_by_hash(call: Call) -> Response:
    request = await read_run_request(call)
    job_id = await call.context.launcher.run_script_hash(
        call.subject, script_hash(call), request.args, request.options, event=request.event
    )
    return created_text(str(job_id))


async def would_run(_: Call) -> Response:
    """Webhook senders ask with HEAD whether the address is there."""
    return empty(200)


async def stream_by_path(call: Call) -> Response:
    request = await read_run_request(call)
    job_id = await call.context.launcher.run_script_path(
        call.subject, call.path(), request.args, request.options, event=request.event
    )
    return streamed(call, job_id, request.poll_delay_ms)


async def stream_by_hash(call: Call) -> Response:
    request = await read_run_request(call)
    job_id = await call.context.launcher.run_script_hash(
        call.subject, script_hash(call), request.args, request.options, event=request.event
    )
    return streamed(call, job_id, request.poll_delay_ms)


async def run_preview(call: Call) -> Response:
    preview, query = preview_of(await call.json(PreviewBody)), call.query(RunQuery)
    args, options = await with_sealed_inputs(
        call, preview.args, run_options(call, query), query.sealed_inputs_of
    )
    preview = msgspec.structs.replace(preview, args=args)
    return created_text(str(await call.context.launcher.run_preview(call.subject, preview, options)))


def preview_of(body: PreviewBody) -> Preview:
    """Raises InvalidInput for a preview without code or language."""
    if body.kind not in (None, "code"):
        raise InvalidInput(f"Bad request: previews of kind {body.kind!r} cannot be run; kind must be 'code'")
    if body.content is None or body.language is None:
        raise InvalidInput("Bad request: a preview needs content and language")
    if body.modules:
        raise InvalidInput("Bad request: a preview takes no modules; deploy the script with them and run it")
    return Preview(
        content=body.content,
        language=body.language,
        args=body.args,
        path=body.path,
        tag=body.tag,
        lock=body.lock,
        stored_imports=body.temp_script_refs or {},
    )


async def run_dependencies(call: Call) -> Response:
    raw = await raw_script_of(call)
    options = run_options(call, RunQuery())
    return created_text(str(await call.context.launcher.run_dependencies(call.subject, raw, options)))


async def raw_script_of(call: Call) -> RawScript:
    """The code of the body whose lock is wanted; raises InvalidInput, and NotFound for code that is not stored."""
    body = await call.json(DependenciesBody)
    if len(body.raw_scripts) != 1:
        raise InvalidInput("Bad request: raw_scripts must hold exactly one script")
    [script] = body.raw_scripts
    return RawScript(
        content=script.raw_code,
        language=script.language,
        path=script.script_path or script.path,
        requirements=(body.raw_workspace_dependencies or {}).get(DEFAULT_REQUIREMENTS),
        sources={
            path: await stored_code(call.context.pool, call.workspace, digest)
            for path, digest in (body.temp_script_refs or {}).items()
        },
    )


async def run_dynamic_select(call: Call) -> Response:
    body = await call.json(DynamicSelectBody)
    options = run_options(call, RunQuery(skip_preprocessor=True))
    args = {**(body.args or {}), ENTRYPOINT: body.entrypoint_function}
    runnable = body.runnable_ref
    launcher = call.context.launcher
    if isinstance(runnable, Deployed):
        if runnable.runnable_kind != "script":
            raise InvalidInput("Bad request: runnable_kind must be 'script'")
        job_id = await launcher.run_script_path(call.subject, runnable.path, args, options)
    else:
        language = runnable.language or runnable.lang
        preview = preview_of(PreviewBody(content=runnable.code, language=language, args=args))
        job_id = await launcher.run_preview(call.subject, preview, options)
    return created_text(str(job_id))


def _script_routes(kind: str, parameter: str, name: str) -> tuple[Operation, ...]:
    """The routes that exist both by path (``p``) and by version (``h``)."""
    run = run_by_path if kind == "p" else run_by_hash
    stream = stream_by_path if kind == "p" else stream_by_hash
    path = f"/w/{{workspace}}/jobs/run/{kind}/{parameter}"
    streams = f"/w/{{workspace}}/jobs/run_and_stream/{kind}/{parameter}"
    return (
        Operation(
            f"run{name}", "POST", path, run, "jobs:run", ("job",),
            "Start a run of a script; answers with its id", body=Any, query=RunQuery, returns=str, status=201,
        ),
        Operation(
            f"run{name}Get", "GET", path, run, "jobs:run", ("job", "postmill"),
            "Start a run with the arguments of the query's payload", query=RunQuery, returns=str, status=201,
        ),
        Operation(
            f"run{name}Head", "HEAD", path, would_run, "jobs:run", ("job",), "Ask whether the address is there",
        ),
        Operation(
            f"runAndStream{name}", "POST", streams, stream, "jobs:run", ("job",),
            "Start a run and stream its result", body=Any, query=RunQuery, returns=str,
        ),
        Operation(
            f"runAndStream{name}Get", "GET", streams, stream, "jobs:run", ("job",),
            "Start a run with the arguments of the query's payload and stream its result",
            query=RunQuery, returns=str,
        ),
    )  # fmt: skip


OPERATIONS: tuple[Operation, ...] = (
    *_script_routes("p", "{path:path}", "ScriptByPath"),
    *_script_routes("h", "{hash}", "ScriptByHash"),
    Operation(
        "runScriptPreview", "POST", "/w/{workspace}/jobs/run/preview", run_preview, "developer:jobs:run", ("job",),
        "Run code that is not deployed", body=PreviewBody, query=RunQuery, returns=str, status=201,
    ),
    Operation(
        "runRawScriptDependenciesAsync", "POST", "/w/{workspace}/jobs/run/dependencies_async", run_dependencies,
        "developer:jobs:run", ("job",), "Resolve the dependencies of code; the run's result holds the lock",
        body=DependenciesBody, returns=str, status=201,
    ),
    Operation(
        "runDynamicSelect", "POST", "/w/{workspace}/jobs/run/dynamic_select", run_dynamic_select, "jobs:run",
        ("job",), "Run the function that fills a choice of a form", body=DynamicSelectBody, returns=str, status=201,
    ),
)  # fmt: skip
