"""What few need is loaded by those who need it: every process of `up` stays for as long as the platform does."""

import subprocess
import sys

import pytest

CLIENTS = {"pymssql", "oracledb", "snowflake", "duckdb", "numpy", "pandas"}


@pytest.mark.parametrize(
    ("module", "spared"),
    [
        ("postmill.main.up", CLIENTS | {"asyncpg"}),
        ("postmill.main.worker", CLIENTS),
        ("postmill.main.server", CLIENTS),
    ],
)
def test_a_process_starts_without_what_it_may_never_use(module: str, spared: set[str]) -> None:
    looks = f"import sys, {module}; print(*(name.partition('.')[0] for name in sys.modules))"
    loaded = subprocess.run(
        [sys.executable, "-c", looks], capture_output=True, text=True, check=True, timeout=120
    )
    assert spared & set(loaded.stdout.split()) == set()
