"""Which scripts a caller may see while they write: the same rule as for lists, asked again and again."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from postmill.db.pool import Pool
from postmill.model.subject import Subject
from postmill.tables.items import script as scripts

PYTHON = ("python3",)


@dataclass(frozen=True)
class ReadableSet:
    """Versions by path, of one workspace. ``key`` names the paths, not what stands in them."""

    workspace: str
    versions: dict[str, int]

    @property
    def key(self) -> str:
        digest = sha256("\0".join((self.workspace, *sorted(self.versions))).encode())
        return digest.hexdigest()[:32]


async def readable_scripts(
    pool: Pool, subject: Subject, workspace: str, languages: Sequence[str] = PYTHON
) -> ReadableSet:
    """The live scripts of the languages that the subject may read now."""
    return ReadableSet(workspace, await scripts.list_sources(pool, subject, workspace, languages))
