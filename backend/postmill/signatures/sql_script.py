"""What an SQL script says about itself in comments: its arguments, its connection, how it wants its results."""

import math
import re
from dataclasses import dataclass
from typing import Any, Literal, get_args

from postmill.signatures.signature import Bool, Float, Int, InvalidSignature, Str, Type
from postmill.signatures.sql_dialects import Dialect
from postmill.signatures.sql_tokens import Statement, split_statements

Rows = Literal["all_rows", "first_row", "all_rows_scalar", "first_row_scalar"]
Statements = Literal["last_statement", "all_statements", "legacy"]


@dataclass(frozen=True, slots=True)
class SqlArg:
    """One argument. ``mark`` is what stands for it in the code (``$1``, ``:name``, ``@P1``), "?" where the order tells.

    ``type_name`` is the lower-case type of the database that the code gives it, None where it gives none.
    """

    name: str
    mark: str
    type_name: str | None
    type: Type
    default: Any = None
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class Interpolation:
    """A piece of the code that an argument fills in: ``%%name%%``; only a variant, where there are any."""

    name: str
    variants: tuple[str, ...] = ()
    default: str | None = None
    has_default: bool = False


@dataclass(frozen=True, slots=True)
class Collection:
    """Which rows make up the result."""

    statements: Statements = "last_statement"
    rows: Rows = "all_rows"


@dataclass(frozen=True, slots=True)
class ExportWish:
    """Rows wanted as a file of the object store."""

    prefix: str | None = None
    storage: str | None = None
    format: str = "json"


@dataclass(frozen=True, slots=True)
class Directives:
    """What comments of the form ``-- word`` ask for."""

    database: str | None = None
    collection: Collection = Collection()
    export: ExportWish | None = None
    prepare: bool = False
    raw_output: bool = False


_INTERPOLATION = re.compile(
    r"^--[ \t]*%%(?P<name>[a-z_][a-z0-9_]*)%%[ \t]*(?P<variants>\w[\w /]*)?(?: ?= ?(?P<default>.+))? *$",
    re.MULTILINE | re.ASCII,
)
_DATABASE = re.compile(r"^-- database (?P<path>\S+) *$", re.MULTILINE)
_WORD = re.compile(
    r"^--[ \t]*(?P<key>result_collection|return_last_result|s3|prepare|raw_output)\b(?P<rest>.*)$",
    re.MULTILINE,
)
_SETTING = re.compile(r"(\w+)=(\S+)")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_CAST = re.compile(
    r"::(?P<type>double +precision|(?:character|bit) +varying|time(?:stamp)? +with(?:out)? +time +zone|[A-Za-z_]\w*)"
    r"(?:\([0-9, ]*\))?(?P<arrays>(?:\[[0-9]*\])*)",
    re.IGNORECASE | re.ASCII,
)
_LONG_NAMES = {
    "double precision": "double",
    "character varying": "varchar",
    "bit varying": "varbit",
    "time with time zone": "timetz",
    "time without time zone": "time",
    "timestamp with time zone": "timestamptz",
    "timestamp without time zone": "timestamp",
}


def plain_lines(code: str) -> str:
    """The code with one kind of line end."""
    return code.replace("\r\n", "\n").replace("\r", "\n")


def arguments(code: str, dialect: Dialect) -> list[SqlArg]:
    """The declared arguments in the order of their declarations; those of PostgreSQL in that of their numbers.

    PostgreSQL's placeholders count without a declaration too. Raises InvalidSignature for code that cannot be read.
    """
    code = plain_lines(code)
    statements = split_statements(code, dialect)
    for form in dialect.declarations:
        declared = [_declared(found, dialect) for found in form.finditer(code)]
        if declared:
            break
    if dialect.name == "postgresql":
        return _numbered(code, declared, statements, dialect)
    return declared


def interpolations(code: str) -> list[Interpolation]:
    found: list[Interpolation] = []
    for line in _INTERPOLATION.finditer(plain_lines(code)):
        variants = tuple(part.strip() for part in (line["variants"] or "").split("/") if part.strip())
        default, has_default = _default(line["default"], Str())
        found.append(Interpolation(line["name"], variants, default, has_default))
    return found


def database_of(code: str) -> str | None:
    """The path of the resource that ``-- database`` names, as written."""
    found = _DATABASE.search(plain_lines(code))
    return None if found is None else found["path"]


def directives(code: str) -> Directives:
    """What the comments ask for; unknown modes and words are ordinary comments."""
    words = {line["key"]: line["rest"].strip() for line in _WORD.finditer(plain_lines(code))}
    collection = Collection()
    if "return_last_result" in words:
        collection = Collection("last_statement", "all_rows")
    if (mode := words.get("result_collection", "")).startswith("="):
        collection = _collection(mode.removeprefix("=").strip())
    export = None
    if "s3" in words:
        wishes = dict(_SETTING.findall(words["s3"]))
        export = ExportWish(wishes.get("prefix"), wishes.get("storage"), wishes.get("format", "json"))
    return Directives(
        database_of(code), collection, export, words.get("prepare") == "", words.get("raw_output") == ""
    )


def _collection(mode: str) -> Collection:
    if mode == "legacy":
        return Collection("legacy", "all_rows")
    for statements in ("last_statement", "all_statements"):
        rows = mode.removeprefix(f"{statements}_")
        if rows != mode and rows in get_args(Rows):
            return Collection(statements, rows)  # type: ignore[arg-type]
    return Collection()


def _declared(found: re.Match[str], dialect: Dialect) -> SqlArg:
    groups = found.groupdict()
    type_name = groups["type"].lower() if groups["type"] else None
    kind = dialect.type_of(type_name)
    default, has_default = _default(groups["default"], kind)
    name = groups["name"]
    return SqlArg(name, _mark(found, groups), type_name, kind, default, has_default)


def _mark(found: re.Match[str], groups: dict[str, str | None]) -> str:
    sign = found[0][3]
    if sign == "?":
        return "?"
    number = groups.get("mark")
    if number is not None:
        return f"{'@P' if sign == '@' else sign}{int(number)}"
    return f"{sign}{groups['name']}"


def _default(text: str | None, kind: Type) -> tuple[Any, bool]:
    """The default, and whether there is one; text that the type does not allow counts as null."""
    if text is None:
        return None, False
    if text.lower() == "null":
        return None, True
    if isinstance(kind, Int):
        value = int(text) if _INTEGER.fullmatch(text) and len(text) < 25 else None
        return (value if value is not None and -(2**63) <= value < 2**63 else None), True
    if isinstance(kind, Float):
        number = float(text) if _NUMBER.fullmatch(text) else None
        return (number if number is not None and math.isfinite(number) else None), True
    if isinstance(kind, Bool):
        return {"true": True, "false": False}.get(text), True
    if len(text) > 1 and text.startswith("'") and text.endswith("'"):
        return text[1:-1], True
    return text, True


def _numbered(
    code: str, declared: list[SqlArg], statements: list[Statement], dialect: Dialect
) -> list[SqlArg]:
    """PostgreSQL: what stands in the code, with the type of the first cast; and what is declared with a type."""
    casts: dict[int, str | None] = {}
    for statement in statements:
        for token in statement.tokens:
            if token.kind != "placeholder":
                continue
            number = int(token.text[1:])
            if casts.get(number) is None:
                casts[number] = _cast_at(code, token.end)
    by_number = {int(arg.mark[1:]): arg for arg in declared}
    found: list[SqlArg] = []
    for number in sorted({*casts, *by_number}):
        arg = by_number.get(number)
        if arg is None:
            name = casts[number] or "text"
            found.append(SqlArg(f"${number}", f"${number}", name, dialect.type_of(name)))
        elif arg.type_name is not None:
            found.append(arg)
        elif number in casts:
            found.append(_typed(arg, casts[number], dialect))
    return found


def _typed(arg: SqlArg, type_name: str | None, dialect: Dialect) -> SqlArg:
    """A declaration without a type, with the one of the cast; its default was read as text."""
    kind = dialect.type_of(type_name)
    text = None if arg.default is None else str(arg.default)
    default, _ = _default(text, kind) if not isinstance(kind, Str) else (arg.default, True)
    return SqlArg(arg.name, arg.mark, type_name, kind, default, arg.has_default)


def _cast_at(code: str, place: int) -> str | None:
    found = _CAST.match(code, place)
    if found is None:
        return None
    name = " ".join(found["type"].lower().split())
    # To PostgreSQL, arrays of one and of several dimensions are of one type.
    return _LONG_NAMES.get(name, name) + ("[]" if found["arrays"] else "")


def interpolated(code: str, given: dict[str, Any]) -> str:
    """The code with ``%%name%%`` filled in. Raises InvalidSignature with a sentence for a value that is not allowed."""
    for piece in interpolations(code):
        value = given.get(piece.name)
        if value is None and piece.has_default:
            value = piece.default
        if value is None:
            raise InvalidSignature(f"the argument {piece.name} is missing: it is a part of the code")
        if piece.variants and value not in piece.variants:
            allowed = ", ".join(piece.variants)
            raise InvalidSignature(f"the argument {piece.name} may only be one of: {allowed}")
        if not isinstance(value, str) or not re.fullmatch(r"[A-Za-z][A-Za-z0-9_]*", value):
            raise InvalidSignature(
                f"the argument {piece.name} becomes a part of the code: it must begin with a letter "
                "and hold only letters, digits and underscores"
            )
        code = code.replace(f"%%{piece.name}%%", value)
    return code
