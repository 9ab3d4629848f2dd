"""SQL as tokens: what is code, what is quoted, where statements end."""

import pytest

from postmill.signatures.signature import InvalidSignature
from postmill.signatures.sql_dialects import DIALECTS
from postmill.signatures.sql_tokens import position, split_statements, tokenize

MARKS = [
    # language, code, the placeholders in it, why
    ("postgresql", "select $1, $22::int", ["$1", "$22"], "both are code"),
    ("postgresql", "select '$1', $2", ["$2"], "text"),
    ("postgresql", "select 'it''s $1', $2", ["$2"], "a doubled quote does not end the text"),
    ("postgresql", "select 'a\\', $1", ["$1"], "a backslash means nothing in standard text"),
    ("postgresql", "select E'\\'$1', $2", ["$2"], "but protects in an E text"),
    ("postgresql", 'select "$1", $2', ["$2"], "a name"),
    ("postgresql", "select $$ $1 $$, $2", ["$2"], "dollar quotes"),
    ("postgresql", "select $a$ $b$ $1 $a$, $2", ["$2"], "dollar quotes end with their own tag"),
    ("postgresql", "select a$1, $2", ["$2"], "a name may hold a dollar sign"),
    ("postgresql", "/* /* $1 */ $2 */ select $3", ["$3"], "comments nest"),
    ("postgresql", "select 1 -- it's $1\n, $2", ["$2"], "a quote in a comment opens nothing"),
    ("mysql", "select ?, :a, ':b', \":c\", `:d`", ["?", ":a"], "three kinds of quotes"),
    ("mysql", "select 'it\\'s :a', :b # :c", [":b"], "a backslash protects, # is a comment"),
    ("mysql", "/* /* ? */ select ?", ["?"], "comments do not nest"),
    ("mssql", "select @P1, [@P2], '@P3', @p4, @other", ["@P1", "@p4"], "names in brackets"),
    ("mssql", "select [a]]@P1], @P2", ["@P2"], "a doubled bracket does not end the name"),
    ("bigquery", "select @a, r'\\', @b', @c", ["@a", "@c"], "a backslash protects in raw texts too"),
    ("bigquery", "select '''it's @c''', @e", ["@e"], "triple quotes"),
    ("snowflake", "select ?, '?', $$ ? $$ // ?\n, ?", ["?", "?"], "dollar quotes and slashes"),
    ("oracledb", "select :a, q'[it's :b]', \":c\" from dual", [":a"], "texts with quotes of their own"),
    ("oracledb", "begin x := :a; end;", [":a"], "an assignment is no placeholder"),
    ("duckdb", "select $a, $1, $$ $b $$", ["$a", "$1"], "names and numbers"),
]


@pytest.mark.parametrize(("language", "code", "expected", "why"), MARKS, ids=[mark[3] for mark in MARKS])
def test_placeholders_are_found_in_code_only(language: str, code: str, expected: list[str], why: str) -> None:
    tokens = tokenize(code, DIALECTS[language])
    assert [token.text for token in tokens if token.kind == "placeholder"] == expected
    assert "".join(token.text for token in tokens) == code


@pytest.mark.parametrize("language", DIALECTS)
def test_statements_end_with_a_semicolon_outside_texts_and_comments(language: str) -> None:
    code = "-- first; one\nselect ';' ; /* ; */ \n\n select 2 -- a;b\n;\n-- only a comment;\n"
    statements = split_statements(code, DIALECTS[language])
    assert [statement.text for statement in statements] == ["select ';'", "select 2"]
    assert [position(code, statement.start) for statement in statements] == [(2, 1), (4, 2)]


def test_hints_and_conditional_code_are_kept() -> None:
    code = "/* gone */ /*+ hint */ select 1; /*! set x = 1 */; -- gone"
    found = [statement.text for statement in split_statements(code, DIALECTS["mysql"])]
    assert found == ["/*+ hint */ select 1", "/*! set x = 1 */"]


@pytest.mark.parametrize(
    ("language", "code", "line", "column"),
    [
        ("postgresql", "select 1;\nselect 'open", 2, 8),
        ("postgresql", "select $x$ open $y$", 1, 8),
        ("postgresql", "/* open /* */", 1, 1),
        ("mysql", "select `open", 1, 8),
        ("mssql", "select [open", 1, 8),
        ("bigquery", "select '''open''", 1, 8),
    ],
)
def test_what_is_never_closed_is_named_with_its_place(
    language: str, code: str, line: int, column: int
) -> None:
    with pytest.raises(InvalidSignature, match="is never closed") as error:
        tokenize(code, DIALECTS[language])
    assert (error.value.line, error.value.column) == (line, column)
