"""Clients that not everybody needs: loaded when the first job of their language comes."""

import importlib
from typing import Any

from postmill.languages.sql.failure import SqlFailed


def load(module: str, extra: str, database: str) -> Any:
    """The client's module. Raises SqlFailed that says what to install where it is missing."""
    try:
        return importlib.import_module(module)
    except ImportError:
        raise SqlFailed(
            f"this worker has no client for {database}: install it with pip install 'postmill[{extra}]'"
        ) from None
