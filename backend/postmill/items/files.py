"""The files of a workspace: objects below its own prefix of the object store."""

import hmac
import mimetypes
from collections.abc import AsyncIterator
from dataclasses import dataclass
from hashlib import sha256
from urllib.parse import urlencode

from postmill.access.files import (
    UPLOADS,
    can_read_file,
    file_not_found,
    require_read_file,
    require_write_file,
)
from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.kernel import clock
from postmill.kernel.errors import InvalidInput, NotAuthenticated
from postmill.kernel.ids import new_secret
from postmill.model.subject import Subject
from postmill.objects.contract import ObjectFacts, Objects, checked_key
from postmill.tables.instance import audit

DEFAULT_STORAGE = "_default_"
MAX_KEYS = 1000
LONGEST_LINK_SECONDS = 7 * 24 * 3600
_MOST_USAGE_OBJECTS = 100_000


@dataclass(frozen=True)
class Files:
    """The files of one workspace in the hands of one subject. Keys are relative to the workspace."""

    objects: Objects
    subject: Subject
    workspace: str

    def full_key(self, key: str) -> str:
        return workspace_prefix(self.workspace) + key

    async def put(
        self, pool: Pool, key: str, body: AsyncIterator[bytes], content_type: str | None = None
    ) -> int:
        """Stores the pieces in the place of an earlier file; answers how many bytes they have."""
        checked_key(key)
        require_write_file(self.subject, key)
        return await self.keep_upload(pool, key, body, content_type)

    async def keep_upload(
        self, pool: Pool, key: str, body: AsyncIterator[bytes], content_type: str | None = None
    ) -> int:
        """The same under a key that the server chose, for whoever was let in to send it."""
        size = await self.objects.put(self.full_key(key), body, content_type)
        await self._note(pool, "files.upload", "Created", key)
        return size

    async def facts(self, key: str) -> ObjectFacts:
        """Raises NotFound."""
        require_read_file(self.subject, checked_key(key))
        return await facts_of(self.objects, self.workspace, key)

    async def pieces(self, key: str, start: int = 0, end: int | None = None) -> AsyncIterator[bytes]:
        """The content; the file was looked at before."""
        require_read_file(self.subject, key)
        async for piece in self.objects.pieces(self.full_key(key), start, end):
            yield piece

    async def find(
        self, prefix: str = "", after: str = "", limit: int = MAX_KEYS, search: str = ""
    ) -> tuple[list[ObjectFacts], str | None]:
        """Files whose keys begin with the prefix and hold the text, and the key to go on after if there may be more."""
        limit = min(max(1, limit), MAX_KEYS)
        own = workspace_prefix(self.workspace)
        found: list[ObjectFacts] = []
        while True:
            batch = await self.objects.under(own + prefix, own + after if after else "", MAX_KEYS)
            for facts in batch:
                key = facts.key.removeprefix(own)
                after = key
                if search.lower() in key.lower() and can_read_file(self.subject, key):
                    found.append(_renamed(facts, key))
                    if len(found) == limit:
                        return found, after
            if len(batch) < MAX_KEYS:
                return found, None

    async def level(self, prefix: str) -> tuple[list[str], list[ObjectFacts]]:
        """Folders and files directly below a prefix that is empty or ends with a slash."""
        own = workspace_prefix(self.workspace)
        found = await self.objects.level(own + prefix)
        folders = [folder.removeprefix(own) for folder in found.folders]
        files = [_renamed(facts, facts.key.removeprefix(own)) for facts in found.objects]
        return (
            [folder for folder in folders if _may_hold_readable(self.subject, folder)],
            [facts for facts in files if can_read_file(self.subject, facts.key)],
        )

    async def delete(self, pool: Pool, key: str) -> None:
        """Raises NotFound."""
        require_write_file(self.subject, checked_key(key))
        await self.facts(key)
        await self.objects.delete([self.full_key(key)])
        await self._note(pool, "files.delete", "Delete", key)

    async def move(self, pool: Pool, source: str, target: str) -> None:
        """Raises NotFound."""
        require_write_file(self.subject, checked_key(source))
        require_write_file(self.subject, checked_key(target))
        await self.facts(source)
        await self.objects.move(self.full_key(source), self.full_key(target))
        await self._note(pool, "files.move", "Updated", f"{source} to {target}")

    async def usage_bytes(self) -> int:
        """The bytes of all files of the workspace, as far as 100,000 files tell."""
        own = workspace_prefix(self.workspace)
        total = counted = 0
        after = ""
        while counted < _MOST_USAGE_OBJECTS:
            batch = await self.objects.under(own, after, MAX_KEYS)
            total += sum(facts.size_bytes for facts in batch)
            counted += len(batch)
            if len(batch) < MAX_KEYS:
                break
            after = batch[-1].key
        return total

    async def _note(self, pool: Pool, action: str, kind: audit.AuditKind, what: str) -> None:
        async with pool.acquire() as connection:
            await audit.record(connection, self.subject, action, kind, what)


def workspace_prefix(workspace: str) -> str:
    return f"w/{workspace}/"


async def facts_of(objects: Objects, workspace: str, key: str) -> ObjectFacts:
    """Raises NotFound. Asks nobody for rights."""
    found = await objects.head(workspace_prefix(workspace) + checked_key(key))
    if found is None:
        raise file_not_found(key)
    return _renamed(found, key)


def require_default_storage(storage: str | None, resource_path: str | None) -> None:
    """Raises InvalidInput for another storage than the workspace's own."""
    if storage not in (None, "", DEFAULT_STORAGE):
        raise InvalidInput(
            f"Bad request: this workspace has no storage named {storage!r}; it has one, without a name"
        )
    if resource_path:
        raise InvalidInput(
            "Bad request: files of a bucket that a resource describes are not served here; a script can read them "
            "with the resource's own client"
        )


def new_key(subject: Subject, extension: str | None) -> str:
    """A key for a file that came without one."""
    suffix = (extension or "").lstrip(".")
    if suffix and not suffix.isalnum():
        raise InvalidInput("Bad request: a file extension has letters and digits only")
    moment = clock.now().strftime("%Y%m%d-%H%M%S")
    name = f"{moment}-{new_secret('f').removeprefix('pm_f_')[:8]}"
    return f"{UPLOADS}/{_plain(subject.username)}/{name}{'.' + suffix if suffix else ''}"


def media_type(facts: ObjectFacts) -> str:
    """What the store says, else what the name says."""
    known = facts.content_type
    if known and known not in ("binary/octet-stream", "application/octet-stream"):
        return known
    return mimetypes.guess_type(facts.key)[0] or "application/octet-stream"


def signed_query(keyring: Keyring, workspace: str, key: str, seconds: int) -> str:
    """The query with which anybody may read a file for so long. The caller has asked for the right to read it."""
    if not 1 <= seconds <= LONGEST_LINK_SECONDS:
        raise InvalidInput(
            f"Bad request: a link to a file lasts between 1 and {LONGEST_LINK_SECONDS} seconds"
        )
    until = int(clock.now().timestamp()) + seconds
    return urlencode({"exp": until, "sig": _signature(keyring, workspace, key, until)})


def require_signed(keyring: Keyring, workspace: str, key: str, until: int, signature: str) -> None:
    """Raises NotAuthenticated for a link that is false or over."""
    expected = _signature(keyring, workspace, key, until)
    if (
        not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace"))
        or until < clock.now().timestamp()
    ):
        raise NotAuthenticated("Unauthorized: this link is not valid, or not any more")


def _signature(keyring: Keyring, workspace: str, key: str, until: int) -> str:
    secret = keyring.derive("links to files")
    return hmac.new(secret, f"{workspace}\0{key}\0{until}".encode(), sha256).hexdigest()


def _plain(username: str) -> str:
    return "".join(character if character.isalnum() or character in "_-" else "_" for character in username)


def _renamed(facts: ObjectFacts, key: str) -> ObjectFacts:
    return ObjectFacts(key, facts.size_bytes, facts.modified_at, facts.content_type)


def _may_hold_readable(subject: Subject, folder: str) -> bool:
    """Whether to show a folder: those of owners only where something in them may be read."""
    parts = folder.rstrip("/").split("/")
    return len(parts) < 2 or can_read_file(subject, f"{parts[0]}/{parts[1]}/x")
