"""DuckDB in sandboxed children: scripts of the language, and pages of stored rows."""
