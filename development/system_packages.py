"""Programs that no package registry has: a browser and a database of the tests, from Debian."""

import os
import shutil

from commands import status
from places import Stop, say

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


MARIADB = ("mariadbd",)


def ensure_browser() -> None:
    """Chromium, for the tests in a browser."""
    _ensure("chromium", BROWSERS, "the browser tests need Chromium")


def ensure_mariadb() -> None:
    """MariaDB, for the tests of MySQL scripts."""
    _ensure("mariadb-server", MARIADB, "the tests of MySQL scripts need MariaDB")


def _ensure(package: str, programs: tuple[str, ...], need: str) -> None:
    """Install a package where that is possible (Debian, as root), else stop and name it: nothing is skipped."""
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
    if any(shutil.which(name, path=path) for name in programs):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Stop(f"{need} on PATH (on Debian and Ubuntu: apt install {package})")
    say(f"installing {package} for the tests")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", package)
    if status(*install, env=quiet, to_stderr=True) == 0:
        return
    # The package lists may be missing or old.
    status("apt-get", "update", "-qq", env=quiet, to_stderr=True)
    if status(*install, env=quiet, to_stderr=True) != 0:
        raise Stop(f"{package} could not be installed; its package manager's words stand above")
