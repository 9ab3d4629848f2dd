"""What the editor suggests while somebody types."""

import contextlib

from platform_process import eventually
from playwright.sync_api import Page, TimeoutError

PATIENCE_SECONDS = 150.0
"""A busy machine looks at a package for long, and answers with less until it has."""


def suggested(page: Page, beginning: str, name: str) -> None:
    """Types the beginning of a name until the name is suggested; the suggestions stay open."""
    shown = page.locator(".suggest-widget").get_by_text(name, exact=True).first

    def is_shown() -> bool:
        page.keyboard.press("Escape")
        page.keyboard.press("Control+Space")
        page.keyboard.type(beginning)
        with contextlib.suppress(TimeoutError):
            shown.wait_for(timeout=5_000)
        if shown.is_visible():
            return True
        for _ in beginning:
            page.keyboard.press("Backspace")
        return False

    eventually(is_shown, PATIENCE_SECONDS)
