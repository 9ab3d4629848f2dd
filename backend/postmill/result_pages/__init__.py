"""Floor 7: results that are tables, read in pages by a sandboxed DuckDB."""
