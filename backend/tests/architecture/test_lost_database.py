"""One place names what a lost database looks like: a list of one's own forgets some of it."""

from pathlib import Path

import postmill

ROOT = Path(postmill.__file__).parent
NAMES_IT = {"db/retry.py", "http/errors.py"}  # the second tells the callers of the API what each means


def test_the_errors_of_the_driver_are_listed_once() -> None:
    others = {
        str(path.relative_to(ROOT))
        for path in ROOT.rglob("*.py")
        if "asyncpg.InterfaceError" in path.read_text() and "languages" not in path.parts
    }
    assert others == NAMES_IT
