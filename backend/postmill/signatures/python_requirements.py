"""What has to be installed for a Python script, followed through the scripts that it imports."""

import re
import tomllib
from collections.abc import Callable, Generator, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from postmill.signatures.annotations import python_annotations, python_specifier
from postmill.signatures.python_imports import ModuleImport, ScriptImport, read_imports
from postmill.signatures.python_packages import canonical, import_key, package_of
from postmill.signatures.signature import InvalidSignature

_DIRECTIVE = re.compile(r"^#[ \t]*(extra[_-])?requirements:[ \t]*(.*)$", re.MULTILINE)
_NAME = r"[A-Za-z0-9][\w.-]*(?:\[[^\]]*\])?"
_BOUND = r"[<>=!~]={0,2}\s*[\w.*+-]+"
_LISTED = re.compile(
    rf"^#\s*(\S+|{_NAME}\s*(?:{_BOUND}(?:\s*,\s*{_BOUND})*\s*,?)?\s*(?:;.*?)?|{_NAME}\s*@\s*\S+(?:\s+;.*?)?)"
    r"(?:\s+--hash=\S+)*(?:\s+#.*)?$"  # the hashes of a lock are those of the index
)
_LONGEST_LINE = 20_000
_OPTION = re.compile(r"^#\s*--?[A-Za-z]")
_BLOCK_BEGINS = re.compile(r"# /// [a-zA-Z0-9-]+")
_BLOCK_ENDS = "# ///"
DEFAULT_FILE = "default"


class InvalidRequirements(ValueError):
    """The comments that list requirements contradict each other or cannot be read; the message is a sentence."""


@dataclass(frozen=True)
class Requirements:
    """``packages`` are requirement lines; ``python`` version specifiers that must all hold.

    ``workspace_files`` names the workspace's requirements files that were used, ``extra`` whether their lines
    were added to the inferred ones; ``newest_python`` asks for the newest interpreter that fits.
    """

    packages: tuple[str, ...]
    python: tuple[str, ...] = ()
    workspace_files: tuple[str, ...] = ()
    extra: bool = False
    newest_python: bool = False


Reading = Generator[str, str | None, Requirements]
"""Asks for the code at a path by yielding it; is sent the code, or None where there is no script."""


def python_requirements(
    code: str,
    path: str,
    scripts: Mapping[str, str] | Callable[[str], str | None],
    workspace_files: Mapping[str, str] | None = None,
    modules: Mapping[str, str] | None = None,
) -> Requirements:
    """All requirements of the script at ``path``; raises InvalidRequirements or InvalidSignature."""
    source = scripts if callable(scripts) else scripts.get
    reading = read_requirements(code, path, workspace_files or {}, modules)
    try:
        wanted = next(reading)
        while True:
            wanted = reading.send(source(wanted))
    except StopIteration as end:
        result: Requirements = end.value
        return result


def read_requirements(
    code: str, path: str, workspace_files: Mapping[str, str], modules: Mapping[str, str] | None = None
) -> Reading:
    """The same as a generator that asks for each imported script, so that callers may await it.

    ``workspace_files`` maps the name of a requirements file of the workspace (``default`` for the unnamed one)
    to its content; ``modules`` the paths of the script's own modules (see ``module_sources``) to their code. All of
    them count, imported or not, unless the script lists its requirements itself.
    """
    collected = _Collected()
    visited = {name for at in modules or () for name in (at, at.removesuffix("/__init__"))}
    looks_at_imports = yield from _collect(code, path, dict(workspace_files), collected, visited)
    for at, text in (modules or {}).items() if looks_at_imports else ():
        yield from _collect_from(at, "module", text, workspace_files, collected, visited)
    return Requirements(
        packages=tuple(collected.packages()),
        python=tuple(dict.fromkeys(collected.python)),
        workspace_files=tuple(collected.files),
        extra=collected.extra,
        newest_python=collected.newest_python,
    )


@dataclass
class _Wanted:
    """The requirements found for one module or package; the strongest kind wins."""

    inferred: list[str] = field(default_factory=list)
    pinned: list[str] = field(default_factory=list)
    override: str | None = None


@dataclass
class _Collected:
    wanted: dict[str, _Wanted] = field(default_factory=dict)
    python: list[str] = field(default_factory=list)
    files: list[str] = field(default_factory=list)
    extra: bool = False
    newest_python: bool = False

    def of(self, key: str) -> _Wanted:
        return self.wanted.setdefault(canonical(key), _Wanted())

    def pin(self, requirement: str) -> None:
        _add(self.of(requirement).pinned, requirement)

    def packages(self) -> list[str]:
        """Overrides before pins before inferred names; an inferred package that is pinned elsewhere is left out."""
        chosen: list[str] = []
        for wanted in self.wanted.values():
            chosen += [wanted.override] if wanted.override else wanted.pinned
        pinned = {canonical(requirement) for requirement in chosen}
        for wanted in self.wanted.values():
            if not wanted.override and not wanted.pinned:
                chosen += [name for name in wanted.inferred if canonical(name) not in pinned]
        return list(dict.fromkeys(chosen))


def _collect(
    code: str, path: str, files: Mapping[str, str], collected: _Collected, visited: set[str]
) -> Generator[str, str | None, bool]:
    """Adds what one script and the scripts it imports need; the importing script was added before.

    False where the script lists its requirements, so that nobody has looked at its imports.
    """
    notes = python_annotations(code)
    collected.python += notes.python
    collected.newest_python |= notes.newest_python
    listed = _listed_requirements(code, files, collected)
    if listed is not None and not listed.extra:
        for requirement in listed.requirements:
            collected.pin(requirement)
        return False
    for requirement in listed.requirements if listed else []:
        collected.pin(requirement)
    yield from _collect_imports(code, path, files, collected, visited)
    return True


def _collect_from(
    path: str, what: str, code: str, files: Mapping[str, str], collected: _Collected, visited: set[str]
) -> Generator[str, str | None, None]:
    """The same for code that belongs to another script, which a sentence about it has to name."""
    try:
        yield from _collect(code, path, files, collected, visited)
    except InvalidSignature as error:
        raise InvalidRequirements(f"the {what} {path} cannot be read: {error}") from None


def _collect_imports(
    code: str, path: str, files: Mapping[str, str], collected: _Collected, visited: set[str]
) -> Generator[str, str | None, None]:
    imports = read_imports(code, path)
    # A script's own overrides come before those of the scripts that it imports.
    for item in imports:
        if isinstance(item, ModuleImport):
            _add_module(item, collected)
    for item in imports:
        if isinstance(item, ScriptImport):
            yield from _follow(item, files, collected, visited)


def _follow(
    item: ScriptImport, files: Mapping[str, str], collected: _Collected, visited: set[str]
) -> Generator[str, str | None, None]:
    for candidate in item.paths:
        if candidate in visited:
            return
        source = yield candidate
        if source is None:
            continue
        visited.add(candidate)
        yield from _collect_from(candidate, "imported script", source, files, collected, visited)
        return


def _add_module(item: ModuleImport, collected: _Collected) -> None:
    key = import_key(item.module)
    if item.pin is None:
        package = package_of(item.module)
        if package is not None:
            _add(collected.of(key).inferred, package)
        return
    wanted = collected.of(key)
    if not item.pin.overrides:
        _add(wanted.pinned, item.pin.requirement)
    elif wanted.override is None:
        wanted.override = item.pin.requirement


@dataclass(frozen=True)
class _Listed:
    requirements: list[str]
    extra: bool


def _listed_requirements(code: str, files: Mapping[str, str], collected: _Collected) -> _Listed | None:
    """Requirements that the script or the workspace lists, in the order of precedence; None for none."""
    if directive := _DIRECTIVE.search(code):
        return _directive(directive, code, files, collected)
    if DEFAULT_FILE in files:
        _add(collected.files, DEFAULT_FILE)
        return _Listed(requirement_lines(files[DEFAULT_FILE]), extra=False)
    block = pep723_block(code)
    if "requires-python" in block:
        collected.python.append(python_specifier(str(block["requires-python"])))
    dependencies = block.get("dependencies")
    if dependencies is None:
        return None
    if not isinstance(dependencies, list) or not all(isinstance(d, str) for d in dependencies):
        raise InvalidRequirements("dependencies in the script block must be a list of texts")
    return _Listed([line for line in dependencies if not line.startswith("-")], extra=False)


def _directive(
    directive: re.Match[str], code: str, files: Mapping[str, str], collected: _Collected
) -> _Listed:
    extra = bool(directive[1])
    inline = _inline_lines(code[directive.end() :])
    names = directive[2].split()
    word = "extra_requirements" if extra else "requirements"
    if len(names) > 1:
        raise InvalidRequirements(f"'# {word}:' takes one name of a requirements file, got {len(names)}")
    if names and extra:
        raise InvalidRequirements("'# extra_requirements:' lists packages and takes no file name")
    if names and inline:
        raise InvalidRequirements(f"'# {word}: {names[0]}' may not be followed by a list of packages")
    if not names:
        return _Listed(inline, extra)
    if names[0] not in files:
        raise InvalidRequirements(f"the workspace has no requirements file named {names[0]!r}")
    _add(collected.files, names[0])
    return _Listed(requirement_lines(files[names[0]]), extra=False)


def _inline_lines(rest: str) -> list[str]:
    """The lines ``#requirement`` right below a directive, without options such as ``--index-url``."""
    found: list[str] = []
    for line in rest.splitlines()[1:]:
        if _OPTION.match(line):
            continue
        listed = _LISTED.match(line.rstrip()) if len(line) < _LONGEST_LINE else None
        if listed is None or listed[1].endswith(":"):  # the next directive is no package
            break
        found.append(re.sub(r"\s+", "", listed[1]) if ";" not in listed[1] else listed[1])
    return found


def requirement_lines(text: str) -> list[str]:
    """The requirements of a file in the format of pip, without comments and options."""
    joined = re.sub(r"\\\r?\n", " ", text)
    lines = (re.sub(r"(?:^|\s)#.*", "", line).strip() for line in joined.splitlines())
    return [line for line in lines if line and not line.startswith("-")]


def pep723_block(code: str) -> dict[str, Any]:
    """The script block of inline metadata, {} without one; raises InvalidRequirements for a broken one."""
    blocks = [block for kind, block in _metadata_blocks(code) if kind == "script"]
    if not blocks:
        return {}
    if len(blocks) > 1:
        raise InvalidRequirements("a script may hold only one '# /// script' block")
    try:
        return tomllib.loads("".join(line[2:] + "\n" for line in blocks[0]))
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise InvalidRequirements(f"the '# /// script' block is not valid TOML: {error}") from None


def _metadata_blocks(code: str) -> Iterator[tuple[str, list[str]]]:
    """Kind and comment lines of each block; one reaches to the last ``# ///`` of the comment lines in a row."""
    lines = code.replace("\r\n", "\n").split("\n")
    ends: list[int | None] = [None] * (len(lines) + 1)  # for each line, the last end of its row from there on
    for place in range(len(lines) - 1, -1, -1):
        if lines[place] == "#" or lines[place].startswith("# "):
            ends[place] = ends[place + 1] or (place if lines[place] == _BLOCK_ENDS else None)
    place = 0
    while place < len(lines):
        end = ends[place]
        if end is None or end <= place + 1 or _BLOCK_BEGINS.fullmatch(lines[place]) is None:
            place += 1
            continue
        yield lines[place].split()[-1], lines[place + 1 : end]
        place = end + 1


def _add(items: list[str], item: str) -> None:
    if item not in items:
        items.append(item)
