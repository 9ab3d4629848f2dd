"""ruff as the language server that formats and lints single files; it looks at nothing but the open text."""

from pathlib import Path

from ruff import find_ruff_bin  # type: ignore[import-untyped]

from postmill.language_help.language_server import LanguageServer
from postmill.language_help.process import ServerProcess, ServerSpec

_MEMORY_BYTES = 512 * 1024**2
_ROOT = "/nonexistent"
_SETTINGS = {
    "configurationPreference": "editorOnly",
    "lineLength": 100,
    # Undefined names and syntax are the type checker's to tell.
    "lint": {"enable": True, "select": ["F", "E7", "B", "ASYNC", "W605"], "ignore": ["F821", "F722"]},
}


class RuffServer(LanguageServer):
    """One for all workspaces."""

    @classmethod
    async def start(cls, folder: Path, isolated: bool) -> "RuffServer":
        program = Path(find_ruff_bin())
        process = await ServerProcess.start(
            ServerSpec(
                argv=(str(program), "server"), folder=folder, isolated=isolated, readable=(program,),
                memory_bytes=_MEMORY_BYTES, env={"RUFF_NO_CACHE": "true"},
            )
        )  # fmt: skip
        server = cls(process)
        await server.initialize(
            {
                "capabilities": {"textDocument": {"publishDiagnostics": {}}},
                "initializationOptions": {"settings": _SETTINGS, "globalSettings": _SETTINGS},
            }
        )
        return server

    def uri(self, number: int) -> str:
        """A document's name that nothing on this machine has."""
        return f"file://{_ROOT}/{number}/script.py"
