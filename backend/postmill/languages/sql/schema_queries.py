"""What a database holds, asked as a script in its own language: for completion in the editor. Pure.

Every query answers rows with the members ``table_schema``, ``table_name``, ``column_name``, ``data_type`` and
``is_nullable`` (``YES``, ``NO`` or null), in the order of the tables and their columns, at most MOST_COLUMNS.
"""

from postmill.kernel.errors import InvalidInput

MOST_COLUMNS = 20_000

_COLUMNS = """
SELECT table_schema AS "table_schema", table_name AS "table_name", column_name AS "column_name",
       data_type AS "data_type", is_nullable AS "is_nullable"
FROM {source}
WHERE {condition}
ORDER BY table_schema, table_name, ordinal_position
{limit}
""".strip()

_LIMIT = f"LIMIT {MOST_COLUMNS}"

SCHEMA_QUERIES: dict[str, str] = {
    "postgresql": _COLUMNS.format(
        source="information_schema.columns",
        condition="table_schema NOT IN ('pg_catalog', 'information_schema')",
        limit=_LIMIT,
    ),
    "mysql": _COLUMNS.replace('"', "`").format(
        source="information_schema.columns",
        condition="table_schema NOT IN ('mysql', 'information_schema', 'performance_schema', 'sys')",
        limit=_LIMIT,
    ),
    "mssql": _COLUMNS.replace("SELECT", "SELECT TOP 20000", 1).format(
        source="INFORMATION_SCHEMA.COLUMNS",
        condition="table_schema NOT IN ('sys', 'INFORMATION_SCHEMA')",
        limit="",
    ),
    "snowflake": _COLUMNS.format(
        source="information_schema.columns", condition="table_schema <> 'INFORMATION_SCHEMA'", limit=_LIMIT
    ),
    "oracledb": """
SELECT owner AS "table_schema", table_name AS "table_name", column_name AS "column_name",
       data_type AS "data_type", CASE nullable WHEN 'Y' THEN 'YES' ELSE 'NO' END AS "is_nullable"
FROM all_tab_columns
WHERE owner NOT IN ('SYS', 'SYSTEM', 'XDB', 'MDSYS', 'CTXSYS', 'WMSYS', 'ORDSYS', 'OUTLN')
ORDER BY owner, table_name, column_id
FETCH FIRST 20000 ROWS ONLY
""".strip(),
    "bigquery": """
SELECT schema_name AS table_schema, NULL AS table_name, NULL AS column_name, NULL AS data_type, NULL AS is_nullable
FROM INFORMATION_SCHEMA.SCHEMATA
ORDER BY schema_name
""".strip(),
}
"""By language. BigQuery keeps columns apart for each dataset, so that only the datasets are listed."""


def schema_script(language: str, resource: str) -> str:
    """The script that lists what the database of a resource holds. Raises InvalidInput for other languages."""
    query = SCHEMA_QUERIES.get(language)
    if query is None:
        known = ", ".join(sorted(SCHEMA_QUERIES))
        raise InvalidInput(
            f"Bad request: the tables of {language[:60]!r} cannot be listed, only those of: {known}"
        )
    return f"-- database {resource}\n{query}\n"
