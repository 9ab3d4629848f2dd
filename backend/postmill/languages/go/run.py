"""Go jobs: the compiled program takes the place of a waiting child."""

import os
from functools import lru_cache

from postmill.languages import ending
from postmill.languages.go.go_tool import GoTool
from postmill.languages.go.lock import GoLocker
from postmill.languages.go.programs import BuildFailed, Programs, digest_of
from postmill.languages.go.toolchain import Toolchain, Toolchains
from postmill.languages.output import Output
from postmill.languages.protocol import EndKind, LockFailed, LockRequest, RunOutcome, RunRequest
from postmill.languages.single_run import environment, limits_record, run_program, take_child
from postmill.languages.workshop import Workshop
from postmill.model.limits import Limits
from postmill.sandbox.child import ChildEnd
from postmill.sandbox.zygote import ZygoteFailed
from postmill.signatures.go import infer_go
from postmill.signatures.go_modules import is_locked_only
from postmill.signatures.signature import InvalidSignature

_MARK = b"--- GO CODE EXECUTION ---\n"
_digest_of = lru_cache(maxsize=2048)(digest_of)


class GoRuntime:
    """Locks, compiles and runs Go scripts on this worker."""

    def __init__(self, workshop: Workshop) -> None:
        cache_dir = workshop.cache_dir / "go"
        self._pool = workshop.program_pool
        self._isolation = workshop.isolation.level
        self._tool = GoTool(cache_dir, workshop.run_tool)
        self._programs = Programs(cache_dir, self._tool, shared=workshop.shared)
        self._toolchains = Toolchains(cache_dir, workshop.run_tool)
        self._locker = GoLocker(self._programs.work_dir, self._tool)

    async def lock(self, request: LockRequest) -> str:
        """Compiles as well, so that the first run does not have to, and the log tells of mistakes at once."""
        toolchain = await self._toolchains.find(request.registries, request.log)
        lock = await self._locker.lock(request, toolchain)
        if is_locked_only(request.code):
            return lock
        digest = _digest_of(request.code, lock, request.entrypoint, toolchain)
        request.log.write(b"compiling\n")
        try:
            os.close(
                await self._programs.ensure(
                    digest, request.code, lock, request.entrypoint, toolchain, request.registries, request.log
                )
            )
        except BuildFailed as error:
            request.log.write(f"{error}\n".encode())
        return lock

    async def close(self) -> None:
        await self._programs.close()

    async def run(self, request: RunRequest) -> RunOutcome:
        """Never raises for what the job does: a failure of any kind is an outcome with its reason."""
        try:
            toolchain = await self._toolchains.find(request.registries, request.log)
            program = await self._program(request, toolchain)
        except BuildFailed as error:
            request.log.write(f"{error}\n".encode())
            text = ending.failed_tool("go build", error.status, str(error))
            return RunOutcome("error", text, isolation=self._isolation)
        except (InvalidSignature, LockFailed) as error:
            return self._failed(str(error))
        except ZygoteFailed as error:
            return self._failed(f"the isolated process could not be started: {error}")
        try:
            return await self._run(request, program)
        except ZygoteFailed as error:
            return self._failed(f"the isolated process could not be started: {error}")
        finally:
            os.close(program)

    async def _program(self, request: RunRequest, toolchain: Toolchain) -> int:
        lock, entrypoint = request.lock or "", request.entrypoint
        digest = _digest_of(request.code, lock, entrypoint, toolchain)
        descriptor = self._programs.open(digest)
        if descriptor is not None:
            return descriptor
        infer_go(request.code, entrypoint)
        return await self._programs.ensure(
            digest, request.code, lock, entrypoint, toolchain, request.registries, request.log
        )

    async def _run(self, request: RunRequest, program: int) -> RunOutcome:
        child = await take_child(self._pool(request.limits))
        header = {
            "argv": ["main"],
            "files": {"args.json": request.args},
            "env": environment(request, child),
            "limits": limits_record(request.limits),
        }
        output = Output(request.log, request.stream)
        request.log.write(_MARK)
        end, _ = await run_program(child, request, header, output, program)
        kind, result = _judge(end, output, request.limits)
        return RunOutcome(kind, result, end.peak_kb, None, output.streamed, self._isolation)

    def _failed(self, text: str) -> RunOutcome:
        return RunOutcome("error", ending.execution_error(text), isolation=self._isolation)


def _judge(end: ChildEnd, output: Output, limits: Limits) -> tuple[EndKind, str]:
    by_worker = ending.ended_by_worker(end, limits)
    if by_worker is not None:
        return by_worker
    if end.code != 0:
        return ending.ended_by_itself(end, "go run", output.last_words)
    written = end.files.get("result.json")
    if written is not None and len(written) > limits.result_bytes:
        return ending.too_large(None, limits)
    result = ending.valid_json(written) if written is not None else "null"
    if result is None:
        return "error", ending.execution_error("result.json does not hold valid JSON")
    return "success", result
