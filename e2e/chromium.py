"""The browser that tests and pictures use: whichever Chromium is at hand, the one without a desktop first."""

import shutil

# Debian's headless shell draws the same pages for a third less work of the machine.
PROGRAMS = (
    "chromium-headless-shell",
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
)
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


def chromium() -> str:
    """Its path; where there is none, the failure names the packages."""
    found = next(filter(None, map(shutil.which, PROGRAMS)), None)
    assert found, "Chromium is needed: Debian's package chromium-headless-shell or chromium"
    return found
