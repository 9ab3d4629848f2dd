"""Stars that people put on items, for themselves."""

from postmill.access.paths import ItemPath
from postmill.db.pool import Pool
from postmill.kernel.errors import InvalidInput
from postmill.model.subject import Subject
from postmill.tables.items import favorite
from postmill.tables.items.item_kinds import KINDS

MAX_PATH_LENGTH = 255


async def star(pool: Pool, subject: Subject, workspace: str, kind: str, path: str) -> None:
    """Raises NotFound for an item that is not there or may not be seen."""
    path = _checked(kind, path)
    if kind in KINDS:
        await KINDS[kind].readable(pool, subject, workspace, path)
    await favorite.star(pool, workspace, subject.email, kind, path)


async def unstar(pool: Pool, subject: Subject, workspace: str, kind: str, path: str) -> None:
    """Taking off a star that is not there changes nothing."""
    await favorite.unstar(pool, workspace, subject.email, kind, _checked(kind, path))


def _checked(kind: str, path: str) -> str:
    """Assets have addresses of their own; everything else has the path of an item."""
    if kind != "asset":
        return ItemPath.parse(path).text
    if not path or len(path) > MAX_PATH_LENGTH or not path.isprintable():
        raise InvalidInput(
            f"Bad request: the path of an asset has 1 to {MAX_PATH_LENGTH} printable characters"
        )
    return path
