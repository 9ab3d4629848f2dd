"""Programs that no package registry has: a browser and a database of the tests, from Debian."""

import os
import shutil

from chromium import PROGRAMS as BROWSERS

from commands import status
from places import Stop, say

MARIADB = ("mariadbd",)


def ensure_browser() -> None:
    """Chromium, for the tests in a browser: the one without a desktop, where the system has it."""
    _ensure(("chromium-headless-shell", "chromium"), BROWSERS, "the browser tests need Chromium")


def ensure_mariadb() -> None:
    """MariaDB, for the tests of MySQL scripts."""
    _ensure(("mariadb-server",), MARIADB, "the tests of MySQL scripts need MariaDB")


def _ensure(packages: tuple[str, ...], programs: tuple[str, ...], need: str) -> None:
    """Install the first package that is to be had, where that is possible (Debian, as root).

    Elsewhere stops and names them: nothing is skipped.
    """
    path = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin"
    if any(shutil.which(name, path=path) for name in programs):
        return
    names = " or ".join(packages)
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Stop(f"{need} on PATH (on Debian and Ubuntu: apt install {names})")
    say(f"installing {names} for the tests")
    if any(_install(package) for package in packages):
        return
    # The package lists may be missing or old.
    _apt_get("update", "-qq")
    if not any(_install(package) for package in packages):
        raise Stop(f"{names} could not be installed; its package manager's words stand above")


def _install(package: str) -> bool:
    """Whether that went well."""
    return _apt_get("install", "-y", "-qq", "--no-install-recommends", package) == 0


def _apt_get(*arguments: str) -> int:
    return status("apt-get", *arguments, env={"DEBIAN_FRONTEND": "noninteractive"}, to_stderr=True)
