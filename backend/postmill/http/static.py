"""Serves the built web UI: hashed assets for ever, everything else with the one page that routes by itself."""

import mimetypes
from dataclasses import dataclass
from email.utils import formatdate
from pathlib import Path

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

WEB = Path(__file__).parent / "web"
_ENCODINGS = (("br", ".br"), ("gzip", ".gz"))
_POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self'",
        "worker-src 'self' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' data: blob:",
        "frame-src 'self' blob: data:",
        "connect-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = {
    "content-security-policy": _POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
}
_NOT_BUILT = (
    "The web UI is not built in this checkout.\n\n"
    "The API works under /api. To build the UI run ./dev up (or ./dev setup), or install a released package.\n"
)


@dataclass(frozen=True, slots=True)
class _File:
    """One file of the UI with the encodings that were made in advance."""

    path: Path
    media_type: str
    etag: str
    modified: str
    is_hashed: bool
    encodings: tuple[tuple[str, Path], ...]


class WebUi:
    """An ASGI application for ``web/``; only files that were there when it was listed are ever opened."""

    def __init__(self, folder: Path = WEB) -> None:
        self._folder = folder
        self._files: dict[str, _File] = {}
        self._stamp: float | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        response = self._respond(scope)
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        await response(scope, receive, send)

    def _respond(self, scope: Scope) -> Response:
        if scope["method"] not in ("GET", "HEAD"):
            return Response("Only GET is possible here.\n", 405, {"allow": "GET, HEAD"}, "text/plain")
        self._look()
        found = self._files.get(scope["path"])
        if found is None and scope["path"].startswith("/assets/"):
            return Response("Not found\n", 404, media_type="text/plain")
        found = found or self._files.get("/index.html")
        if found is None:
            return Response(_NOT_BUILT, 503, {"cache-control": "no-store"}, "text/plain")
        return _send_file(found, dict(scope["headers"]))

    def _look(self) -> None:
        """Read the list of files again when the UI was built anew."""
        page = self._folder / "index.html"
        stamp = page.stat().st_mtime if page.is_file() else None
        if stamp == self._stamp:
            return
        self._stamp = stamp
        self._files = _list_files(self._folder) if stamp is not None else {}


def _list_files(folder: Path) -> dict[str, _File]:
    suffixes = tuple(suffix for _, suffix in _ENCODINGS)
    files = {}
    for path in folder.rglob("*"):
        if path.is_symlink() or not path.is_file() or path.name.endswith(suffixes):
            continue
        status = path.stat()
        address = f"/{path.relative_to(folder).as_posix()}"
        files[address] = _File(
            path=path,
            media_type=_media_type(path),
            etag=f'"{status.st_mtime_ns:x}-{status.st_size:x}"',
            modified=formatdate(status.st_mtime, usegmt=True),
            is_hashed=address.startswith("/assets/"),
            encodings=tuple(
                (name, path.with_name(path.name + suffix))
                for name, suffix in _ENCODINGS
                if path.with_name(path.name + suffix).is_file()
            ),
        )
    return files


def _media_type(path: Path) -> str:
    if path.suffix in (".js", ".mjs"):
        return "text/javascript; charset=utf-8"
    guessed = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return f"{guessed}; charset=utf-8" if guessed.startswith("text/") else guessed


def _send_file(file: _File, request: dict[bytes, bytes]) -> Response:
    headers = {
        "etag": file.etag,
        "last-modified": file.modified,
        "cache-control": "public, max-age=31536000, immutable" if file.is_hashed else "no-cache",
        "vary": "Accept-Encoding",
    }
    if request.get(b"if-none-match", b"").decode("latin-1") == file.etag:
        return Response(status_code=304, headers=headers)
    accepted = request.get(b"accept-encoding", b"").decode("latin-1")
    chosen = file.path
    for name, path in file.encodings:
        if name in accepted:
            chosen = path
            headers["content-encoding"] = name
            break
    return Response(chosen.read_bytes(), 200, headers, file.media_type)
