"""Gathers the scripts that a script imports, and those that they import, as far as the job's subject may read."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache

from postmill.languages.protocol import Sources
from postmill.signatures.python_imports import module_segment, module_sources, reachable_imports

MOST_SCRIPTS = 500
PACKAGE = "/__init__"
# Most scripts import no other: this look spares them the parser.
_MAY_IMPORT = re.compile(r"\b(from\s+(\.|[fu]\b)|import\s[^\n]*\b[fu]\.)")


class TooManyImports(Exception):
    """The scripts that this one imports are more than the limit."""


@lru_cache(maxsize=2048)
def imported_paths(code: str, path: str) -> tuple[str, ...]:
    """The paths of the scripts that the code may mean by its imports of ``f.``, ``u.`` and relative names.

    Empty for code that does not parse: the run itself will tell where.
    """
    if _MAY_IMPORT.search(code) is None:
        return ()
    try:
        return tuple(reachable_imports(code, path))
    except ValueError:
        return ()


async def gather_imports(
    code: str, path: str, sources: Sources, modules: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Code by path of the script's own modules and of every Python script that it and they reach.

    ``modules`` are those of ``RunRequest``; they come before deployed scripts of the same path. Raises what
    ``sources`` raises, or TooManyImports.
    """
    found = module_sources(path, modules or {})
    known = {path, *(name.removesuffix(PACKAGE) for name in found)}
    return found | await gather({path: code, **found}, known, sources, imported_paths)


async def gather(
    starts: Mapping[str, str],
    known: Iterable[str],
    sources: Sources,
    imported: Callable[[str, str], Iterable[str]],
) -> dict[str, str]:
    """Code by path of every script that those at the start reach, without the ``known`` paths.

    ``imported(code, path)`` names what the code at a path imports. Raises what ``sources`` raises, or TooManyImports.
    """
    found: dict[str, str] = {}
    seen = {*starts, *known}
    reached = dict.fromkeys(name for at, text in starts.items() for name in imported(text, at))
    waiting = [name for name in reached if name not in seen]
    while waiting:
        seen.update(waiting)
        if len(seen) > MOST_SCRIPTS:
            raise TooManyImports(f"the script imports more than {MOST_SCRIPTS} other scripts")
        contents = await asyncio.gather(*(sources(name) for name in waiting))
        arrived = [(name, text) for name, text in zip(waiting, contents, strict=True) if text is not None]
        found.update(arrived)
        following = dict.fromkeys(name for at, text in arrived for name in imported(text, at))
        waiting = [name for name in following if name not in seen]
    return found


def module_name(path: str) -> str:
    """The Python name of the script at a path: ``f/my-folder/2nd`` is ``f.my_folder._2nd``.

    The code of a package (``f/folder/parts/__init__``) has the name of the package.
    """
    return ".".join(module_segment(part) for part in path.removesuffix(PACKAGE).split("/"))
