"""Fills a folder with the packages of a lock."""

from pathlib import Path

from postmill.languages.credentials import secrets_of
from postmill.languages.file_locks import in_shared_use
from postmill.languages.protocol import InstallFailed, Registries
from postmill.languages.python.interpreters import Interpreter
from postmill.languages.python.lock import NEEDS_BUILD, uv_environment
from postmill.languages.python.lock_text import Lock
from postmill.languages.python.uv_tool import uv_executable
from postmill.languages.tool import CapturedOutput, RunTool, ToolCall, certificate_paths

INSTALL_SECONDS = 900.0
COMPILE_SECONDS = 600.0
# Compiled files are trusted without a look at their source: the folder never changes.
_COMPILE = (
    "import compileall, os, py_compile, re, sys; os.nice(19); "
    "compileall.compile_dir(sys.argv[1], quiet=2, rx=re.compile(r'[/]tests?[/]'), "
    "invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH)"
)


class Installer:
    """Runs ``uv pip install`` and the byte compiler."""

    def __init__(self, work_dir: Path, cache_dir: Path, cache_lock: Path, run_tool: RunTool) -> None:
        """``cache_dir`` lies below ``work_dir``, as do the folders to fill: hard links do not cross mounts."""
        self._work_dir = work_dir
        self._cache_dir = cache_dir
        self._cache_lock = cache_lock
        self._run_tool = run_tool

    async def fill(self, staging: Path, lock: Lock, interpreter: Interpreter, registries: Registries) -> None:
        """Puts the packages into ``staging / "site"``; raises InstallFailed with the installer's own words.

        Wheels come by hard link from the shared cache. What must be built runs foreign code, which could
        plant files in that cache: it gets a cache of its own.
        """
        (staging / "requirements.txt").write_text(lock.text())
        secrets = secrets_of(registries)
        output = CapturedOutput(secrets=secrets)
        options: tuple[str, ...] = (
            "--no-build", "--link-mode=hardlink", "--cache-dir", str(self._cache_dir)
        )  # fmt: skip
        with in_shared_use(self._cache_lock):
            done = await self._install(
                staging, self._work_dir, lock, interpreter, registries, output, options
            )
        if not done and NEEDS_BUILD in output.text():
            own = staging / "uv"
            own.mkdir()
            output = CapturedOutput(secrets=secrets)
            options = ("--link-mode=copy", "--cache-dir", str(own))
            done = await self._install(staging, staging, lock, interpreter, registries, output, options)
        if not done:
            raise InstallFailed(f"The locked packages cannot be installed:\n{output.text()}")

    async def compile(self, site: Path, interpreter: Interpreter) -> bool:
        """Puts bytecode beside the code, with the lowest priority; imports take a fraction of the time then."""
        end = await self._run_tool(
            ToolCall(
                argv=(str(interpreter.path), "-I", "-S", "-c", _COMPILE, str(site)),
                env={"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"},
                cwd=site,
                readable=(interpreter.path, interpreter.prefix),
                writable=(site,),
                log=CapturedOutput(),
                timeout_seconds=COMPILE_SECONDS,
            )
        )
        return end.exit_code == 0

    async def _install(
        self,
        staging: Path,
        writable: Path,
        lock: Lock,
        interpreter: Interpreter,
        registries: Registries,
        output: CapturedOutput,
        options: tuple[str, ...],
    ) -> bool:
        uv = uv_executable()
        checked = ("--require-hashes",) if lock.hashed else ()
        end = await self._run_tool(
            ToolCall(
                argv=(
                    str(uv), "pip", "install", "--quiet", "--no-deps", *checked, *options,
                    "--no-python-downloads", "--python", str(interpreter.path),
                    "--target", str(staging / "site"), "--requirement", str(staging / "requirements.txt"),
                ),
                env=uv_environment(staging, registries),
                cwd=staging,
                readable=(uv, interpreter.path, interpreter.prefix, *certificate_paths()),
                writable=(writable,),
                log=output,
                timeout_seconds=INSTALL_SECONDS,
            )
        )  # fmt: skip
        if end.timed_out:
            raise InstallFailed(f"Installing the packages took longer than {INSTALL_SECONDS:.0f} seconds.")
        return end.exit_code == 0
