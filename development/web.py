"""The web UI of the checkout, built when its sources changed."""

from commands import run
from places import FRONTEND, PYTHON, ROOT
from web_build import WebBuild


def ensure_web() -> None:
    """Build the UI into the package when it is not there or older than its sources."""
    if not (FRONTEND / "package.json").exists() or WebBuild(ROOT).is_current():
        return
    # With the environment's Python, which has the Node.js that the build uses.
    run(PYTHON, ROOT / "packaging" / "web_build.py")


def npm(*arguments: str) -> tuple[str, ...]:
    """The command that runs npm in the frontend."""
    return (str(PYTHON), str(ROOT / "packaging" / "npm.py"), *arguments)
