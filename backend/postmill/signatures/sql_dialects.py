"""The SQL dialects: how their text is quoted, how arguments are declared, and what their types hold."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from postmill.signatures.signature import (
    Bool,
    Bytes,
    Datetime,
    Float,
    Int,
    ListOf,
    Object,
    Resource,
    Str,
    Type,
)

_INT, _FLOAT, _BOOL, _DATETIME, _BYTES, _OBJECT = Int(), Float(), Bool(), Datetime(), Bytes(), Object()

FILE_TYPE = "s3object"
"""An argument of this type is a file of rows in the object store."""

_DEFAULT = r"(?: ?= ?(?P<default>.+))? *$"
_NAME = r"(?P<name>[A-Za-z0-9_]+)"
_PLAIN = r"(?P<type>[A-Za-z0-9_]+)"
_ARRAYS = r"(?P<type>[A-Za-z0-9_]+(?:\[\])*)"
_SIZED = r"(?P<type>[A-Za-z0-9_]+(?:\([A-Za-z0-9_, ]+\))?)"


def _types(**words: str) -> dict[str, Type]:
    kinds: dict[str, Type] = {
        "int": _INT, "float": _FLOAT, "bool": _BOOL, "datetime": _DATETIME, "bytes": _BYTES, "object": _OBJECT,
    }  # fmt: skip
    return {word: kinds[kind] for kind, listed in words.items() for word in listed.split()}


def _declaration(text: str) -> re.Pattern[str]:
    return re.compile(text, re.MULTILINE | re.ASCII)


@dataclass(frozen=True, eq=False)
class Dialect:
    """One SQL dialect.

    ``resource`` is the resource type of its connections, None where a script needs none. The first of the
    ``declarations`` that occurs in the code is the one whose arguments count. ``strings`` and ``names`` are the marks
    that open texts and quoted identifiers. ``backslash``: a backslash in a text protects the character behind it.
    """

    name: str
    resource: str | None
    declarations: tuple[re.Pattern[str], ...]
    types: Mapping[str, Type] = field(default_factory=dict)
    files: bool = True
    strings: str = "'"
    names: str = '"'
    backslash: bool = False
    escape_texts: bool = False  # E'...' texts, in which a backslash protects
    dollar_quotes: bool = False
    nested_comments: bool = False
    line_comments: tuple[str, ...] = ("--",)
    triple_quotes: bool = False
    bracket_names: bool = False
    oracle_quotes: bool = False  # q'[...]' texts
    placeholder: str = ""  # a regular expression, what stands for an argument in the code

    def type_of(self, word: str | None) -> Type:
        """What an argument of a type of the database accepts; text for types that say nothing else."""
        lowered = (word or "").lower()
        if lowered.endswith("[]"):
            return ListOf(self.type_of(lowered.removesuffix("[]")))
        if lowered == FILE_TYPE and self.files:
            return Resource("S3Object")
        return self.types.get(lowered, Str())


POSTGRESQL = Dialect(
    "postgresql",
    "postgresql",
    (_declaration(rf"^-- \$(?P<mark>[0-9]{{1,9}}) {_NAME}(?: \({_ARRAYS}\))?{_DEFAULT}"),),
    _types(
        int="int integer int4 bigint smallint int2 smallserial serial2 serial serial4 bigserial serial8 oid",
        float="real float4 double float8 numeric decimal",
        bool="bool boolean",
        datetime="date time timetz timestamp timestamptz",
        bytes="bytea",
        object="json jsonb",
    ),
    escape_texts=True,
    dollar_quotes=True,
    nested_comments=True,
    placeholder=r"\$[0-9]{1,9}(?![0-9])",
)

_COLON = _declaration(rf"^-- :(?P<name>[a-z_][a-z0-9_]*) \({_SIZED}\){_DEFAULT}")
_QUESTION_MARK = _declaration(rf"^-- \? {_NAME} \({_PLAIN}\){_DEFAULT}")

MYSQL = Dialect(
    "mysql",
    "mysql",
    (_COLON, _QUESTION_MARK),
    _types(
        int="int uint integer",
        float="float real dec fixed",
        bool="bool bit",
        datetime="date datetime timestamp time",
    ),
    strings="'\"",
    names="`",
    backslash=True,
    line_comments=("--", "#"),
    placeholder=r":[a-z_][a-z0-9_]*|\?",
)

ORACLEDB = Dialect(
    "oracledb",
    "oracledb",
    (_COLON, _QUESTION_MARK),
    _types(
        int="integer int long rowid urowid",
        float="number float binary_float binary_double",
        bool="bool",
        datetime="date datetime timestamp time",
    ),
    files=False,
    oracle_quotes=True,
    placeholder=r":[A-Za-z_][A-Za-z0-9_]*|\?",
)

SNOWFLAKE = Dialect(
    "snowflake",
    "snowflake",
    (_QUESTION_MARK,),
    _types(int="int", float="float", bool="boolean", datetime="date time timestamp", bytes="binary"),
    backslash=True,
    dollar_quotes=True,
    line_comments=("--", "//"),
    placeholder=r"\?",
)

BIGQUERY = Dialect(
    "bigquery",
    "bigquery",
    (_declaration(rf"^-- @{_NAME} \({_ARRAYS}\){_DEFAULT}"),),
    _types(
        int="integer int64",
        float="float float64 numeric bignumeric",
        bool="boolean bool",
        datetime="timestamp date time datetime",
        bytes="bytes",
        object="json",
    ),
    strings="'\"",
    names="`",
    backslash=True,
    line_comments=("--", "#"),
    triple_quotes=True,
    placeholder=r"@[A-Za-z_][A-Za-z0-9_]*",
)

MSSQL = Dialect(
    "mssql",
    "ms_sql_server",
    (_declaration(rf"^-- @[pP](?P<mark>\d+) {_NAME} \({_PLAIN}\){_DEFAULT}"),),
    _types(
        int="bigint int tinyint smallint",
        float="float real numeric decimal",
        bool="bit",
        datetime="date datetime datetime2 datetimeoffset smalldatetime time",
        bytes="binary varbinary image",
    ),
    nested_comments=True,
    bracket_names=True,
    placeholder=r"@[pP]\d+",
)

DUCKDB = Dialect(
    "duckdb",
    None,
    (_declaration(rf"^-- \${_NAME} \({_ARRAYS}\){_DEFAULT}"),),
    _types(
        int="bigint int8 long integer int4 int smallint int2 short tinyint int1 signed ubigint uhugeint uinteger "
        "usmallint utinyint",
        float="decimal numeric double float8 float float4 real",
        bool="boolean bool bit logical",
        datetime="date time timestamp timestamptz datetime",
        bytes="blob bytea binary varbinary bitstring",
    ),
    escape_texts=True,
    dollar_quotes=True,
    nested_comments=True,
    placeholder=r"\$[A-Za-z0-9_]+",
)

DIALECTS: dict[str, Dialect] = {
    dialect.name: dialect for dialect in (POSTGRESQL, MYSQL, MSSQL, BIGQUERY, SNOWFLAKE, ORACLEDB, DUCKDB)
}
"""By the language's name."""
