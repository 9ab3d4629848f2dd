# ruff: noqa: S608
# What goes into these statements are names of ours and expressions of ours.
"""A result that may be large, kept as a table: its rows leave one by one at first, as a file once they are many.

Python makes an object of every value; a million rows of ten columns take it half a minute. DuckDB writes the same rows
into a file within a second, in the form that ``objects.row_files`` gives to stored rows.
"""

import os
import re
from typing import Any

TABLE = "temp.postmill_result"
ALL_ROWS = f"FROM {TABLE}"
_FILE = "rows.parquet"
_SMALL_INTEGERS = frozenset(("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "UTINYINT", "USMALLINT", "UINTEGER"))
_MOST = 2**63 - 1


def keep_as_table(connection: Any, text: str, values: Any) -> bool:
    """Runs a query into the table; False where it is none, or none whose columns a table has as they are.

    Nothing has happened then.
    """
    import duckdb

    try:
        kinds = [statement.type for statement in connection.extract_statements(text)]
        if kinds != [duckdb.StatementType.SELECT]:
            return False
        connection.execute(f"CREATE TEMP TABLE postmill_result AS {text}", values)
    except (
        duckdb.BinderException, duckdb.CatalogException, duckdb.InvalidInputException,
        duckdb.NotImplementedException, duckdb.ParserException, duckdb.TransactionException,
    ):  # fmt: skip
        return False  # it says why when it is run as it stands
    names = [name.lower() for name, *_ in connection.execute(ALL_ROWS).description]
    if any(re.sub(r"_\d+$", "", name) in names for name in names if re.search(r"_\d+$", name)):
        connection.execute(f"DROP TABLE {TABLE}")  # of two columns with one name the second got another
        return False
    return True


def write_rest(connection: Any, described: list[tuple[str, str, str]], sent: int) -> None:
    """Writes the rows behind those that were sent. ``described`` are name, kind and type of the columns."""
    chosen = ", ".join(
        f"{_expression(connection, *column)} AS c{place}" for place, column in enumerate(described)
    )
    connection.execute(
        f"COPY (SELECT {chosen} FROM {TABLE} WHERE rowid >= {sent}) TO '{_FILE}' (FORMAT parquet, COMPRESSION snappy)"
    )


def hand_over(descriptor: int) -> None:
    """Copies what was written into a descriptor that came from outside."""
    with open(_FILE, "rb") as file:  # noqa: PTH123
        while os.sendfile(descriptor, file.fileno(), None, 1 << 24):
            pass
    os.remove(_FILE)  # noqa: PTH107


def may_be_file(described: list[tuple[str, str, str]]) -> bool:
    """Whether DuckDB says all of these values exactly as the rows say them."""
    return all(
        kind in ("bool", "int", "float", "decimal", "date", "time", "timestamp", "timestamptz")
        or type_name in ("VARCHAR", "UUID", "BLOB", "JSON")
        for _, kind, type_name in described
    )


def _expression(connection: Any, name: str, kind: str, type_name: str) -> str:
    """A column as stored rows have it."""
    column = '"' + name.replace('"', '""') + '"'
    text = f"{column}::VARCHAR"
    if kind == "int":
        fits = type_name in _SMALL_INTEGERS or _fits(connection, column)
        return f"{column}::BIGINT" if fits else text
    if type_name == "BLOB":
        return f"base64({column})"
    if kind == "json":
        return f"CASE WHEN json_valid({text}) THEN {text} ELSE to_json({text})::VARCHAR END"
    if kind == "time":
        return _with_all_digits(text, 15)
    if kind == "timestamp":
        return _with_all_digits(f"replace({text}, ' ', 'T')", 26)
    if kind == "timestamptz":
        bare = f"replace(regexp_replace({text}, '\\+00$', ''), ' ', 'T')"
        return f"{_with_all_digits(bare, 26)} || '+00:00'"
    return {"bool": column, "float": f"{column}::DOUBLE"}.get(kind, text)


def _fits(connection: Any, column: str) -> bool:
    found = connection.execute(
        f"SELECT coalesce(bool_and({column} BETWEEN -{_MOST} AND {_MOST}), true) FROM {TABLE}"
    ).fetchone()
    return bool(found[0])


def _with_all_digits(text: str, length: int) -> str:
    """Fractions of a second have six digits, or none: as Python writes them."""
    return f"CASE WHEN contains({text}, '.') THEN rpad({text}, {length}, '0') ELSE {text} END"
