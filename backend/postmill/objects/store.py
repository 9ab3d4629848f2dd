"""Objects in a folder, or in a bucket of S3, GCS or Azure, through one library."""

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, from_url

from postmill.kernel.errors import InvalidInput
from postmill.objects.contract import (
    PIECE_BYTES,
    Body,
    Listing,
    ObjectFacts,
    Objects,
    StoreFailed,
    first_in_order,
)

_SCHEMES = ("s3://", "gs://", "az://", "abfs://", "abfss://")
_CLIENT_OPTIONS = frozenset(
    {"allow_http", "timeout", "connect_timeout", "proxy_url", "allow_invalid_certificates"}
)
_RETRY = {"max_retries": 4, "retry_timeout": timedelta(seconds=60)}

_log = logging.getLogger(__name__)


class StoreObjects:
    """See ``contract.Objects``. ``local`` says that the objects lie on this machine."""

    def __init__(self, store: Any, *, local: bool) -> None:
        self._store = store
        self.local = local

    async def put(self, key: str, body: Body, content_type: str | None = None) -> int:
        counted = _Counted(body)
        attributes = {"Content-Type": content_type} if content_type and not self.local else None
        with _told(key):
            await obstore.put_async(
                self._store, key, counted.source(), attributes=attributes, chunk_size=8 * PIECE_BYTES
            )
        return counted.size

    async def head(self, key: str) -> ObjectFacts | None:
        try:
            with _told(key):
                found = await obstore.get_async(self._store, key, options={"head": True})
        except FileNotFoundError:
            return None
        content_type = None if self.local else found.attributes.get("Content-Type")
        return _facts(found.meta, content_type if isinstance(content_type, str) else None)

    async def pieces(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        if end is not None and end <= start:
            return
        wanted: Any = None
        if end is not None:
            wanted = {"range": (start, end)}
        elif start:
            wanted = {"range": {"offset": start}}
        with _told(key):
            found = await obstore.get_async(self._store, key, options=wanted)
            async for piece in found.stream(min_chunk_size=PIECE_BYTES):
                yield bytes(piece)

    async def under(self, prefix: str, after: str = "", limit: int = 1000) -> list[ObjectFacts]:
        # A store knows folders, not beginnings of names: the rest of the prefix is looked at here.
        folder = prefix.rpartition("/")[0]
        found: list[ObjectFacts] = []
        with _told(prefix):
            stream = obstore.list(self._store, prefix=folder or None, offset=after or None, chunk_size=1000)
            async for batch in stream:
                found += [
                    _facts(meta) for meta in batch if meta["path"].startswith(prefix) and meta["path"] > after
                ]
                if self.local or len(found) > limit:
                    found = first_in_order(found, limit)
                if not self.local and len(found) >= limit:
                    break
        return first_in_order(found, limit)

    async def level(self, prefix: str) -> Listing:
        with _told(prefix):
            found = await obstore.list_with_delimiter_async(self._store, prefix=prefix.rstrip("/") or None)
        return Listing(
            tuple(sorted(f"{folder}/" for folder in found["common_prefixes"])),
            tuple(sorted((_facts(meta) for meta in found["objects"]), key=lambda facts: facts.key)),
        )

    async def delete(self, keys: Sequence[str]) -> None:
        for key in keys:
            with contextlib.suppress(FileNotFoundError), _told(key):
                await obstore.delete_async(self._store, key)

    async def move(self, source: str, target: str) -> None:
        with _told(source):
            await obstore.rename_async(self._store, source, target)

    async def reading_address(self, key: str, seconds: float) -> str | None:
        """An address from which anybody can read the object for so long; None where the store has none."""
        if self.local:
            return None
        with _told(key):
            address = await obstore.sign_async(self._store, "GET", key, expires_in=timedelta(seconds=seconds))
        return str(address)


class _Counted:
    """Hands a content on and counts its bytes."""

    def __init__(self, body: Body) -> None:
        self._body = body
        self.size = 0

    def source(self) -> Any:
        if isinstance(self._body, bytes):
            self.size = len(self._body)
            return self._body
        if isinstance(self._body, Path):
            self.size = self._body.stat().st_size
            return self._body
        return self._pieces(self._body)

    async def _pieces(self, body: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        async for piece in body:
            self.size += len(piece)
            if piece:
                yield piece


@contextlib.contextmanager
def _told(key: str) -> Iterator[None]:
    """Turns the library's errors into ours; its words may hold addresses and go to the log only."""
    try:
        yield
    except FileNotFoundError:
        raise FileNotFoundError(key) from None
    except (BaseError, NotImplementedError, OSError) as error:
        _log.warning("the object store failed at %s: %s: %s", key, type(error).__name__, str(error)[:2000])
        raise StoreFailed("The object store failed; the log of this process says why") from None


def _facts(meta: Mapping[str, Any], content_type: str | None = None) -> ObjectFacts:
    return ObjectFacts(meta["path"], meta["size"], meta["last_modified"], content_type)


def open_folder(folder: Path) -> StoreObjects:
    """Objects as files below a folder, which is made."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    return StoreObjects(LocalStore(str(folder)), local=True)


def open_store(url: str, options: Mapping[str, str]) -> StoreObjects:
    """Objects at an address: ``file:///folder``, ``s3://bucket/prefix``, ``gs://...`` or ``az://...``.

    ``options`` are the library's: ``region``, ``endpoint``, ``access_key_id``, ``secret_access_key``, ``allow_http``
    and so on; what is not given is looked for in the environment. Raises InvalidInput with a sentence without secrets.
    """
    if url.startswith("file://"):
        return open_folder(Path(url.removeprefix("file://")))
    if not url.startswith(_SCHEMES):
        raise InvalidInput(
            f"the object store is {url.partition('://')[0]!r}, but may be file:///folder, {', '.join(_SCHEMES)}..."
        )
    client: Any = {name: _client_value(value) for name, value in options.items() if name in _CLIENT_OPTIONS}
    config: Any = {name: value for name, value in options.items() if name not in _CLIENT_OPTIONS}
    retry: Any = _RETRY
    try:
        store = from_url(url, config=config, client_options=client or None, retry_config=retry)
    except (BaseError, ValueError, TypeError) as error:
        raise InvalidInput(
            f"the object store cannot be used: {type(error).__name__}: {_first_line(error)}"
        ) from None
    return StoreObjects(store, local=False)


def parse_options(pairs: Sequence[str]) -> dict[str, str]:
    """Options written as ``name=value``. Raises InvalidInput, without the value."""
    found: dict[str, str] = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name.strip():
            raise InvalidInput("an option of the object store is written as name=value")
        found[name.strip().lower()] = value.strip()
    return found


def _client_value(text: str) -> Any:
    lowered = text.lower()
    return lowered == "true" if lowered in ("true", "false") else text


def _first_line(error: Exception) -> str:
    return str(error).strip().split("\n")[0][:300]


async def copy_to_file(objects: Objects, key: str, target: Path) -> int:
    """Writes the content of an object into a new file and answers its bytes. Raises FileNotFoundError."""
    size = 0
    file = await asyncio.to_thread(target.open, "xb")
    try:
        async for piece in objects.pieces(key):
            size += len(piece)
            await asyncio.to_thread(file.write, piece)
    finally:
        await asyncio.to_thread(file.close)
    return size
