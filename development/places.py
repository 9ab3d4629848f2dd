"""Where things are in a checkout. `development` uses the standard library alone: it runs before any install."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
STATE = ROOT / ".dev"
ENVIRONMENT = ROOT / ".venv"
BIN = ENVIRONMENT / "bin"
PYTHON = BIN / "python"
REQUIREMENTS = ROOT / "requirements"
BACKEND = ROOT / "backend"
FRONTEND = ROOT / "frontend"
WEB = BACKEND / "postmill" / "http" / "web"
REPORTS = STATE / "reports"


class Stop(Exception):
    """The verb cannot go on; the message says why and what to do."""


def say(sentence: str) -> None:
    """Progress goes to standard error, so that what a verb prints can be piped."""
    print(f"dev: {sentence}", file=sys.stderr, flush=True)
