"""An npm registry on this machine, filled by the tests, and bun run as a plain child process."""

import base64
import hashlib
import io
import json
import tarfile
import threading
from collections.abc import AsyncIterator, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from postmill.languages.protocol import LockRequest, Registries
from postmill.languages.tool import CapturedOutput
from postmill.languages.typescript.packages import NpmPackages
from tests.plain_tool import plain_tool


class Registry:
    """An npm registry over HTTP; ``address`` is its root. With a ``token`` it answers nobody else."""

    def __init__(self, token: str | None = None) -> None:
        self.token = token
        self.documents: dict[str, dict[str, Any]] = {}
        self.files: dict[str, bytes] = {}
        self.requests: list[str] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}/"

    def add(
        self, name: str, version: str, files: dict[str, str], dependencies: dict[str, str] | None = None
    ) -> None:
        """Publishes a version, which becomes the latest."""
        manifest = {"name": name, "version": version, "main": "index.js", "dependencies": dependencies or {}}
        tarball = _tarball({"package.json": json.dumps(manifest), **files})
        path = f"/{name}/-/{name.rpartition('/')[2]}-{version}.tgz"
        self.files[path] = tarball
        integrity = "sha512-" + base64.b64encode(hashlib.sha512(tarball).digest()).decode()
        document = self.documents.setdefault(name, {"name": name, "dist-tags": {}, "versions": {}})
        document["dist-tags"]["latest"] = version
        document["versions"][version] = {
            **manifest,
            "dist": {"tarball": self.address.rstrip("/") + path, "integrity": integrity},
        }

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path = self.path.replace("%2f", "/").replace("%2F", "/")
                registry.requests.append(path)
                allowed = registry.token in (None, self.headers.get("Authorization", "").partition(" ")[2])
                document = registry.documents.get(path[1:])
                body = json.dumps(document).encode() if document else registry.files.get(path)
                self.send_response(401 if not allowed else 404 if body is None else 200)
                self.send_header("Content-Length", str(len(body or b"")) if allowed else "0")
                self.end_headers()
                if allowed and body is not None:
                    self.wfile.write(body)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _tarball(files: dict[str, str]) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"package/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))
    return data.getvalue()


@pytest.fixture
def registry() -> Iterator[Registry]:
    registry = Registry()
    yield registry
    registry.close()


@pytest.fixture
def private_registry() -> Iterator[Registry]:
    registry = Registry(token="canary-of-the-registry")
    yield registry
    registry.close()


@pytest.fixture
async def packages(tmp_path: Path) -> AsyncIterator[NpmPackages]:
    packages = NpmPackages(tmp_path / "cache", plain_tool)
    yield packages
    await packages.close()


def at(registry: Registry) -> Registries:
    return Registries(npm_registry_url=registry.address)


def lock_request(code: str, registries: Registries, **more: Any) -> LockRequest:
    """A request for the script ``f/test/main``; ``scripts`` holds others by path."""
    known: dict[str, str] = more.pop("scripts", {})

    async def sources(path: str) -> str | None:
        return known.get(path)

    facts = {"path": "f/test/main", "log": CapturedOutput(), **more}
    return LockRequest(code=code, sources=sources, registries=registries, **facts)
