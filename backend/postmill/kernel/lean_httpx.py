"""httpx without its command line, whose colours would take 8 MB of every process that sends a request."""

import sys

# What it brings along when it can be had, and does without when it cannot.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]

import httpx  # noqa: E402 - behind the line above

__all__ = ["httpx"]
