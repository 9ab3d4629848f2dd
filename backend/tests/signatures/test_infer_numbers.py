"""Defaults that are numbers no machine holds: the argument keeps its type, and nothing breaks."""

import json

import pytest

from postmill.signatures.infer import infer

LONG = "9" * 5000


@pytest.mark.parametrize(
    ("language", "code"),
    [
        (
            "graphql",
            f"query Q($a: Float = 1e999, $b: Int = {LONG}, $c: Float = {'9' * 400}, $d: Int = 007) {{ x }}",
        ),
        ("powershell", f"param([double]$a = 1e999, [int]$b = {LONG}, [double]$c = 1e999, [int]$d = {LONG})"),
        (
            "bun",
            f"export function main(a: number = 1e999, b: bigint = {LONG}n, c = [1e999], d: bigint = 010n) {{}}",
        ),
        ("python3", "def main(a: float = 1e999, b: int = 1, c: list[float] = [1e999], d={'x': 1e999}): pass"),
        (
            "postgresql",
            f"-- $1 a (float8) = 1e999\n-- $2 b (int) = {LONG}\n-- $3 c (float8) = nan\n-- $4 d (int)\n",
        ),
    ],
)
def test_numbers_beyond_all_machines(language: str, code: str) -> None:
    found = infer(language, code)
    assert found.schema is not None, found.error
    properties = found.schema["properties"]
    assert [name for name in properties if name not in ("api", "database")] == ["a", "b", "c", "d"]
    json.dumps(found.schema, allow_nan=False)


def test_a_placeholder_with_a_number_too_long_is_no_argument() -> None:
    found = infer("postgresql", f"SELECT ${LONG}, $2::int")
    assert found.schema is not None
    assert list(found.schema["properties"]) == ["database", "$2"]
