"""A package index on this machine, filled by the tests, and tools run as plain child processes."""

import base64
import hashlib
import io
import threading
import zipfile
from collections.abc import AsyncIterator, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from postmill.languages.protocol import LockRequest, Registries
from postmill.languages.python.environment import Environments
from postmill.languages.python.interpreters import Interpreters
from postmill.languages.python.lock import Locker
from postmill.languages.tool import CapturedOutput
from tests.plain_tool import plain_tool


class Index:
    """A simple package index over HTTP; ``address`` is its root."""

    def __init__(self, root: Path, address: str) -> None:
        self.root = root
        self.address = address

    def registries(self) -> Registries:
        return Registries(python_index_url=self.address)

    def add_wheel(
        self, name: str, version: str, files: dict[str, str], requires: tuple[str, ...] = ()
    ) -> None:
        """Publishes a pure wheel that holds the files."""
        info = f"{name}-{version}.dist-info"
        metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        metadata += "".join(f"Requires-Dist: {line}\n" for line in requires)
        contents = {
            **files,
            f"{info}/METADATA": metadata,
            f"{info}/WHEEL": "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        }
        record = "".join(f"{path},{_digest(text)},{len(text)}\n" for path, text in contents.items())
        contents[f"{info}/RECORD"] = record + f"{info}/RECORD,,\n"
        data = io.BytesIO()
        with zipfile.ZipFile(data, "w") as archive:
            for path, text in contents.items():
                archive.writestr(path, text)
        self.add_file(name, f"{name}-{version}-py3-none-any.whl", data.getvalue())

    def add_file(self, name: str, file_name: str, data: bytes) -> None:
        folder = self.root / name
        folder.mkdir(exist_ok=True)
        (folder / file_name).write_bytes(data)
        links = (
            f'<a href="{file.name}#sha256={hashlib.sha256(file.read_bytes()).hexdigest()}">{file.name}</a>'
            for file in sorted(folder.iterdir())
            if file.name != "index.html"
        )
        (folder / "index.html").write_text("<html><body>" + "\n".join(links) + "</body></html>")


def _digest(text: str) -> str:
    digest = base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=")
    return f"sha256={digest.decode()}"


class _QuietHandler(SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: object) -> None:
        pass

    def end_headers(self) -> None:
        self.send_header("Cache-Control", "no-cache")
        super().end_headers()


@pytest.fixture
def index(tmp_path: Path) -> Iterator[Index]:
    root = tmp_path / "index"
    root.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_QuietHandler, directory=str(root)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield Index(root, f"http://127.0.0.1:{server.server_address[1]}/")
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def interpreters() -> Interpreters:
    return Interpreters()


@pytest.fixture
async def environments(tmp_path: Path, interpreters: Interpreters) -> AsyncIterator[Environments]:
    environments = Environments(tmp_path / "cache", interpreters, plain_tool)
    yield environments
    await environments.close()


@pytest.fixture
def locker(environments: Environments, interpreters: Interpreters) -> Locker:
    return Locker(environments.work_dir, interpreters, plain_tool)


def lock_request(code: str, registries: Registries, **scripts: str) -> LockRequest:
    """A request for the script ``f/test/main``; scripts are given as ``f__folder__name=code``."""
    known = {path.replace("__", "/"): source for path, source in scripts.items()}

    async def sources(path: str) -> str | None:
        return known.get(path)

    return LockRequest(
        code=code, path="f/test/main", sources=sources, log=CapturedOutput(), registries=registries
    )
