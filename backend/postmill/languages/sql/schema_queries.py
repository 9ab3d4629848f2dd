"""What a database holds, asked as a script in its own language: for completion in the editor.

There is one query per language in the folder ``tables_of``. Each answers rows with the members ``table_schema``,
``table_name``, ``column_name``, ``data_type`` and ``is_nullable`` (``YES``, ``NO`` or null), in the order of the tables
and their columns, at most 20,000.
"""

from pathlib import Path

from postmill.kernel.errors import InvalidInput

SCHEMA_QUERIES: dict[str, str] = {
    file.stem: file.read_text() for file in sorted((Path(__file__).parent / "tables_of").glob("*.sql"))
}
"""By language."""


def schema_script(language: str, resource: str) -> str:
    """The script that lists what the database of a resource holds. Raises InvalidInput for other languages."""
    query = SCHEMA_QUERIES.get(language)
    if query is None:
        known = ", ".join(SCHEMA_QUERIES)
        raise InvalidInput(
            f"Bad request: the tables of {language[:60]!r} cannot be listed, only those of: {known}"
        )
    return f"-- database {resource}\n{query}"
