"""Bash scripts: positional arguments, output as log, a result file or the last line as result."""
