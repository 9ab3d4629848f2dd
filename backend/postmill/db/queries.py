"""Named queries: every table's SQL lives in a ``.sql`` file beside its Python module.

A query starts with ``-- name: <identifier>``; comment lines right below it state its purpose; the statement follows.
A place where a rule from `access.visibility` goes in is written as the comment ``/* visible */``, so that the
query as it stands in the file can be prepared by the test that checks all of them against the schema.

What several queries of a file share is a part: it starts with ``-- part: <identifier>`` and stands, in a query behind
it, where that says ``/* part: <identifier> */``.
"""

import re
from collections.abc import Iterator
from pathlib import Path

_NAME = re.compile(r"^--\s*(?P<kind>name|part):\s*(?P<name>[A-Za-z_][A-Za-z0-9_]*)\s*$", re.MULTILINE)
_PLACE = re.compile(r"/\*\s*part:\s*(?P<name>\w+)\s*\*/")
_TABLES = Path(__file__).resolve().parent.parent / "tables"


class Queries:
    """The queries of one file, as attributes: ``QUERIES.claim_jobs`` is the SQL text."""

    def __init__(self, source: Path, statements: dict[str, str]) -> None:
        self._source = source
        self._statements = statements

    def __getattr__(self, name: str) -> str:
        try:
            return self._statements[name]
        except KeyError:
            raise AttributeError(f"{self._source.name} holds no query named {name}") from None

    def items(self) -> Iterator[tuple[str, str]]:
        """The pairs of name and statement, in the order of the file."""
        return iter(self._statements.items())


def load_queries(module_file: str) -> Queries:
    """Read the ``.sql`` file that stands beside a module, given the module's ``__file__``.

    Raises ValueError for a name used twice, for a name without a statement and for SQL before the first name.
    """
    source = Path(module_file).with_suffix(".sql")
    return Queries(source, parse_queries(source.read_text(encoding="utf-8"), source.name))


def parse_queries(text: str, file_name: str) -> dict[str, str]:
    """Split the text of a ``.sql`` file into its statements by name."""
    marks = list(_NAME.finditer(text))
    _require_only_comments(text[: marks[0].start()] if marks else text, file_name)
    statements: dict[str, str] = {}
    parts: dict[str, str] = {}
    for mark, following in zip(marks, [*marks[1:], None], strict=True):
        name = mark["name"]
        statement = _without_purpose(text[mark.end() : following.start() if following else len(text)])
        if not statement:
            raise ValueError(f"{file_name}: the query {name} has no statement")
        if name in statements or name in parts:
            raise ValueError(f"{file_name}: two queries are named {name}")
        known = parts if mark["kind"] == "part" else statements
        known[name] = _with_parts(statement, parts, f"{file_name}: {name}")
    return statements


def _with_parts(statement: str, parts: dict[str, str], where: str) -> str:
    def part(place: re.Match[str]) -> str:
        if place["name"] not in parts:
            raise ValueError(f"{where} names the part {place['name']}, which does not stand before it")
        return parts[place["name"]]

    return _PLACE.sub(part, statement)


def all_queries() -> Iterator[tuple[str, str, str]]:
    """Every query of every table, as (file name, query name, statement)."""
    for source in sorted(_TABLES.rglob("*.sql")):
        for name, statement in parse_queries(source.read_text(encoding="utf-8"), source.name).items():
            yield source.name, name, statement


def _without_purpose(block: str) -> str:
    lines = block.strip().splitlines()
    while lines and lines[0].lstrip().startswith("--"):
        lines.pop(0)
    return "\n".join(lines).strip().removesuffix(";")


def _require_only_comments(head: str, file_name: str) -> None:
    if any(line.strip() and not line.lstrip().startswith("--") for line in head.splitlines()):
        raise ValueError(f"{file_name}: SQL stands before the first '-- name:' line")
