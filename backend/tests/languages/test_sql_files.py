"""Files as arguments of SQL scripts."""

import os
from pathlib import Path
from typing import Any

import pytest

from postmill.kernel.errors import NotFound
from postmill.languages.sql.failure import SqlFailed
from postmill.languages.sql.file_args import with_files
from postmill.signatures.sql_dialects import POSTGRESQL
from postmill.signatures.sql_script import arguments

ARGS = arguments("-- $1 rows (s3object)\n-- $2 n (int)\nselect 1", POSTGRESQL)


class Files:
    """Files of a folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    async def opened(self, key: str) -> int:
        if not (self.folder / key).exists():
            raise NotFound(f"Not found: file {key}")
        return os.open(self.folder / key, os.O_RDONLY)

    async def matching(self, pattern: str) -> list[str]:
        return [pattern]

    async def created(self, key: str) -> int:
        raise AssertionError

    async def stored(self, key: str, descriptor: int) -> None:
        raise AssertionError


@pytest.mark.parametrize(
    ("name", "content", "rows"),
    [
        ("a.csv", '\ufeffn,s\n1,"x,y"\n', '[{"n":"1","s":"x,y"}]'),
        ("a.tsv", "n\ts\n1\tx\n", '[{"n":"1","s":"x"}]'),
        ("a.json", '[{"n": 1.10}]', '[{"n": 1.10}]'),
        ("a.ndjson", '{"n": 1}\n{"n": 2}\n', '[{"n":1},{"n":2}]'),
    ],
)
async def test_rows_of_a_file_become_json(tmp_path: Path, name: str, content: str, rows: str) -> None:
    (tmp_path / name).write_text(content)
    given = await with_files(ARGS, {"rows": {"s3": name}, "n": 5}, Files(tmp_path))
    assert given == {"rows": rows, "n": 5}


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"s3": "bad.json"}, "the file bad.json cannot be read as rows"),
        ({"s3": "x.parquet"}, "Parquet is for DuckDB scripts"),
        ({"s3": ""}, "the argument rows must be a file"),
        ([1], "the argument rows must be a file"),
    ],
)
async def test_what_is_no_file_of_rows_is_refused(tmp_path: Path, value: Any, message: str) -> None:
    (tmp_path / "bad.json").write_text("[1,")
    (tmp_path / "x.parquet").write_text("PAR1")
    with pytest.raises(SqlFailed) as error:
        await with_files(ARGS, {"rows": value}, Files(tmp_path))
    assert message in str(error.value)


async def test_other_files_and_no_files(tmp_path: Path) -> None:
    with pytest.raises(NotFound):
        await with_files(ARGS, {"rows": {"s3": "gone.json"}}, Files(tmp_path))
    with pytest.raises(SqlFailed, match="this worker has none"):
        await with_files(ARGS, {"rows": {"s3": "a.json"}}, None)
    assert await with_files(ARGS, {"rows": None, "n": 1}, None) == {"rows": None, "n": 1}
