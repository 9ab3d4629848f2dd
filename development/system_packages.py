"""Programs that no package registry has: the browser of the tests, from Debian."""

import os
import shutil

from commands import status
from places import Stop, say

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def ensure_browser() -> None:
    """Install Chromium where that is possible (Debian, as root), else stop and name it: nothing is skipped."""
    if any(shutil.which(name) for name in BROWSERS):
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Stop("the browser tests need Chromium on PATH (on Debian and Ubuntu: apt install chromium)")
    say("installing Chromium for the browser tests")
    quiet = {"DEBIAN_FRONTEND": "noninteractive"}
    install = ("apt-get", "install", "-y", "-qq", "--no-install-recommends", "chromium")
    if status(*install, env=quiet, to_stderr=True) == 0:
        return
    # The package lists may be missing or old.
    status("apt-get", "update", "-qq", env=quiet, to_stderr=True)
    if status(*install, env=quiet, to_stderr=True) != 0:
        raise Stop("Chromium could not be installed; its package manager's words stand above")
