"""Python jobs: an environment of packages, a zygote that has them imported, a child per job or a warm process."""

from dataclasses import replace

from postmill.kernel.errors import PostmillError
from postmill.languages import ending
from postmill.languages.circles import first_circle, may_come_of_circle, with_circle
from postmill.languages.imports import TooManyImports, gather_imports, imported_paths
from postmill.languages.output import Output
from postmill.languages.protocol import InstallFailed, LockRequest, OnEnd, RunOutcome, RunRequest
from postmill.languages.python.environment import Environment, preimports
from postmill.languages.python.kept import KeptPython
from postmill.languages.python.packages import PythonPackages
from postmill.languages.python.prepared import (
    PreparedScript,
    execution_mark,
    needs_environment,
    prepare_script,
)
from postmill.languages.single_run import (
    BEGIN,
    LAST_WORD,
    Said,
    ended_unused,
    environment,
    limits_record,
    orders,
    run_single,
    take_child,
    until_stored,
)
from postmill.languages.spares import PoolKey, SparePool
from postmill.languages.told_circles import NamedRun
from postmill.languages.warm import WarmProcesses
from postmill.languages.workshop import Workshop
from postmill.sandbox.child import ChildEnd
from postmill.sandbox.zygote import ZygoteFailed


class PythonRuntime:
    """Locks and runs Python scripts on this worker."""

    def __init__(self, workshop: Workshop) -> None:
        self._workshop = workshop
        self._pools = workshop.pools
        self._packages = PythonPackages(workshop.cache_dir, workshop.run_tool, workshop.shared)
        self._isolation = workshop.isolation.level
        self._warm = WarmProcesses(most=max(workshop.slots, 4))

    async def lock(self, request: LockRequest) -> str:
        return await self._packages.lock(request)

    async def close(self) -> None:
        await self._warm.close()
        await self._packages.close()

    async def run(self, request: RunRequest) -> RunOutcome:
        """Never raises for what the job does: a failure of any kind is an outcome with its reason."""
        if not request.entrypoint.isidentifier():
            return self._failed(f"{request.entrypoint!r} is not a name that a Python function can have")
        try:
            if request.warm_key is not None:
                outcome = await self._run_warm(request, request.warm_key)
            else:
                outcome = await self._run_single(request)
            return await _with_circle(request, outcome)
        except (PostmillError, TooManyImports, InstallFailed) as error:
            return self._failed(str(error))
        except ZygoteFailed as error:
            return self._failed(f"the isolated process could not be started: {error}")

    async def _run_single(self, request: RunRequest) -> RunOutcome:
        prepared = await self._prepare(request, warm=False)
        child = await take_child(prepared.pool)
        env = environment(request, child, prepared.search_path)
        header = {**prepared.header, "env": env, "limits": limits_record(request.limits)}
        if request.foreseen is not None:
            header["tells_end"] = True
        args = request.args.encode("utf-8", "replace")
        output = Output(request.log, request.stream)
        if request.stored is not None:
            await until_stored(request.stored, child, header, C=prepared.code, A=args)
            start = BEGIN
        else:
            with ended_unused(child):
                start = orders(header, C=prepared.code, A=args)
        request.log.write(execution_mark(prepared.pool.spec.python))

        def foresee(said: Said) -> None:
            if said.frames[LAST_WORD] == b"0" and child.cause is None and request.foreseen is not None:
                end = ChildEnd(0, child.peak_kb, None)
                request.foreseen(
                    ending.judge_function(end, said.frames, request.limits, output, self._isolation)
                )

        end, said = await run_single(child, request, start, output, on_last_word=foresee)
        return ending.judge_function(end, said.frames, request.limits, output, self._isolation)

    async def _run_warm(self, request: RunRequest, key: str) -> RunOutcome:
        script = self._warm.find(key)
        if script is None:
            prepared = await self._prepare(request, warm=True)
            script = self._warm.open(key, KeptPython(prepared, self._isolation))
        return await script.run(request)

    def may_begin(self, warm_key: str | None) -> bool:
        return warm_key is not None and self._warm.find(warm_key) is not None

    def begin(self, request: RunRequest, on_end: OnEnd) -> NamedRun | None:
        script = None if request.warm_key is None else self._warm.find(request.warm_key)
        if script is None or not request.entrypoint.isidentifier():
            return None
        return NamedRun(script.begin, request, on_end, _with_circle)

    async def _prepare(self, request: RunRequest, warm: bool) -> PreparedScript:
        path = request.path or "main"
        sources = await gather_imports(request.code, path, request.sources, request.modules)
        pool = await self._pool_for(request)
        return prepare_script(request, pool, sources, warm)

    async def _pool_for(self, request: RunRequest) -> SparePool:
        if request.lock is None or not needs_environment(request.lock, self._packages.default.minor):
            return self._workshop.plain_pool()
        if request.stored is not None:
            await request.stored()  # what is installed is told in the log
        environment = await self._packages.installed(request.lock, request.registries, request.log)
        modules = tuple(sorted(preimports(request.code, environment)))
        key = PoolKey(environment.digest, modules)
        return self._pools.find(key) or self._open_pool(key, environment)

    def _open_pool(self, key: PoolKey, environment: Environment) -> SparePool:
        site = (environment.site,) if environment.site is not None else ()
        base = self._pools.base
        spec = replace(
            base, python=environment.python, preimports=key.preimports, python_path=site,
            readable=(*base.readable, *site),
        )  # fmt: skip
        environments = self._packages.environments
        environments.hold(environment)
        return self._pools.open(key, spec, lambda: environments.release(environment))

    def _failed(self, text: str) -> RunOutcome:
        return RunOutcome("error", ending.execution_error(text), isolation=self._isolation)


async def _with_circle(request: RunRequest, outcome: RunOutcome) -> RunOutcome:
    """Names the scripts that import each other, where the run failed of it."""
    if not may_come_of_circle(outcome):
        return outcome
    path = request.path or "main"
    scripts = await gather_imports(request.code, path, request.sources, request.modules)
    return with_circle(outcome, first_circle(path, {**scripts, path: request.code}, imported_paths))
