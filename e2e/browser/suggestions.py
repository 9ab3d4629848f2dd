"""What the editor suggests and tells while somebody types."""

import contextlib
import re
from collections.abc import Callable

from platform_process import eventually
from playwright.sync_api import Locator, Page, TimeoutError

PATIENCE_SECONDS = 150.0
"""A busy machine looks at a package for long, and answers with less until it has."""


def comes_to_show(
    page: Page, ask: Callable[[], None], shown: Locator, seconds: float = PATIENCE_SECONDS
) -> None:
    """Asks the editor for something until it shows that: what it was asked early, it may have answered with less."""

    def is_shown() -> bool:
        page.keyboard.press("Escape")
        ask()
        with contextlib.suppress(TimeoutError):
            shown.wait_for(timeout=5_000)
        return shown.is_visible()

    eventually(is_shown, seconds)


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


def mistakes(page: Page) -> set[str]:
    """What the first editor marks as wrong now."""
    return set(
        page.evaluate(
            "() => monaco.editor.getModelMarkers({ resource: monaco.editor.getEditors()[0].getModel().uri })"
            ".filter((marker) => marker.severity === monaco.MarkerSeverity.Error)"
            ".map((marker) => marker.message)"
        )
    )


def mistake_told(page: Page, words: str) -> None:
    """Waits until nothing but that is wrong, and has it told.

    Texts that are half written are looked at too: what is marked at first may be the end that is missing. Where it
    was being told while it went away, it is told no better by itself.
    """
    eventually(lambda: {words in told for told in mistakes(page)} == {True}, PATIENCE_SECONDS)
    told = page.locator(".marker-widget").get_by_text(words).first
    comes_to_show(page, page.get_by_role("button", name=re.compile("errors")).click, told)
