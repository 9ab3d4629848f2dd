"""The languages, one line each; everything that lists languages derives from here."""

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Language:
    """What the rest of the system needs to know of a language without running it.

    ``runs_in``: its code runs in a ``process`` of its own behind walls, or, where it is only text for another server,
    in the ``worker`` itself.
    """

    name: str
    title: str
    extension: str
    comment_mark: str
    default_tag: str
    needs_lock: bool
    runs_in: Literal["process", "worker"] = "process"
    aliases: tuple[str, ...] = ()


LANGUAGES: tuple[Language, ...] = (
    Language("python3", "Python", "py", "#", "python3", needs_lock=True, aliases=("python",)),
    Language("bun", "TypeScript (Bun)", "ts", "//", "bun", needs_lock=True, aliases=("typescript", "ts")),
    Language("deno", "TypeScript (Deno)", "deno.ts", "//", "deno", needs_lock=True),
    Language("nativets", "TypeScript (native)", "fetch.ts", "//", "nativets", needs_lock=False),
    Language("bunnative", "TypeScript (native, with packages)", "ts", "//", "nativets", needs_lock=True),
    Language("bash", "Bash", "sh", "#", "bash", needs_lock=False, aliases=("sh",)),
    Language("go", "Go", "go", "//", "go", needs_lock=True, aliases=("golang",)),
    Language("powershell", "PowerShell", "ps1", "#", "powershell", needs_lock=False, aliases=("pwsh",)),
    Language("postgresql", "PostgreSQL", "pg.sql", "--", "postgresql", needs_lock=False, runs_in="worker"),
    Language("duckdb", "DuckDB", "duckdb.sql", "--", "duckdb", needs_lock=False),
    Language("mysql", "MySQL", "my.sql", "--", "mysql", needs_lock=False, runs_in="worker"),
    Language("mssql", "MS SQL", "ms.sql", "--", "mssql", needs_lock=False, runs_in="worker"),
    Language("bigquery", "BigQuery", "bq.sql", "--", "bigquery", needs_lock=False, runs_in="worker"),
    Language("snowflake", "Snowflake", "sf.sql", "--", "snowflake", needs_lock=False, runs_in="worker"),
    Language("oracledb", "Oracle", "odb.sql", "--", "oracledb", needs_lock=False, runs_in="worker"),
    Language("graphql", "GraphQL", "gql", "#", "graphql", needs_lock=False, runs_in="worker"),
)

_BY_NAME = {name: language for language in LANGUAGES for name in (language.name, *language.aliases)}


def find_language(name: str) -> Language | None:
    """The language of a name or alias; None for one that no worker runs."""
    return _BY_NAME.get(name)
