"""How ``go`` is called: contained like any tool, with an environment built from nothing."""

import os
from pathlib import Path

from postmill.languages.credentials import secrets_of
from postmill.languages.go.toolchain import Toolchain
from postmill.languages.protocol import Registries
from postmill.languages.tool import CapturedOutput, RunTool, ToolCall, certificate_paths, machine_network

_MACHINE_VARIABLES = ("GOPROXY", "GONOPROXY", "GOPRIVATE", "GOSUMDB", "GONOSUMDB", "GOINSECURE")
_BEHIND_OTHERS = ("/usr/bin/env", "nice", "-n", "15")


class GoTool:
    """Calls ``go`` with the caches of modules and of compiled packages, which all scripts share.

    Compiling runs no foreign code (cgo is off), and the tool checks what it takes from its caches.
    """

    def __init__(self, cache_dir: Path, run_tool: RunTool) -> None:
        self.modules = cache_dir / "modules"
        self.build = cache_dir / "build"
        self._run_tool = run_tool

    async def call(
        self,
        toolchain: Toolchain,
        folder: Path,
        registries: Registries,
        arguments: tuple[str, ...],
        flags: str,
        seconds: float,
        in_background: bool = False,
    ) -> tuple[int, str]:
        """Exit status and output; -1 and a sentence after the time limit. ``flags`` as in GOFLAGS.

        ``in_background``: whatever else wants the processors goes first.
        """
        for needed in (self.modules, self.build, folder / "tmp"):
            needed.mkdir(parents=True, exist_ok=True)
        output = CapturedOutput(secrets=secrets_of(registries))
        end = await self._run_tool(
            ToolCall(
                argv=(*(_BEHIND_OTHERS if in_background else ()), str(toolchain.go), *arguments),
                env=self._environment(toolchain, folder, registries, flags),
                cwd=folder,
                readable=(toolchain.root, *certificate_paths()),
                writable=(folder, self.modules, self.build),
                log=output,
                timeout_seconds=seconds,
            )
        )
        if end.timed_out:
            return -1, f"go {arguments[0]} took longer than {seconds:.0f} seconds\n{output.text()}"
        return end.exit_code, output.text()

    def _environment(
        self, toolchain: Toolchain, home: Path, registries: Registries, flags: str
    ) -> dict[str, str]:
        given = {
            "GOPROXY": registries.go_proxy,
            "GOPRIVATE": ",".join(registries.go_private),
            "GONOSUMDB": ",".join(registries.go_no_sum_db),
            "GOSUMDB": registries.go_sum_db,
        }
        machine = {name: os.environ[name] for name in _MACHINE_VARIABLES if name in os.environ}
        return {
            "PATH": f"{toolchain.root / 'bin'}:/usr/local/bin:/usr/bin:/bin",
            "HOME": str(home),
            "TMPDIR": str(home / "tmp"),
            "LANG": "C.UTF-8",
            "GOROOT": str(toolchain.root),
            "GOPATH": str(home / "gopath"),
            "GOMODCACHE": str(self.modules),
            "GOCACHE": str(self.build),
            "GOENV": "off",
            "GOTOOLCHAIN": "local",
            "GOTELEMETRY": "off",
            "GOFLAGS": f"{flags} -modcacherw -buildvcs=false".strip(),
            "GOWORK": "off",
            "CGO_ENABLED": "0",
            "GIT_TERMINAL_PROMPT": "0",
            **machine_network(),
            **machine,
            **{name: value for name, value in given.items() if value},
        }
