"""A real browser on a platform: Debian's Chromium, headless, that reaches no other host."""

from collections.abc import Generator, Iterator
from urllib.parse import urlsplit

import pytest
from chromium import FLAGS, chromium
from platform_process import Platform
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    StorageState,
    ViewportSize,
    expect,
    sync_playwright,
)

from browser.last_sight import last_sight, record_events

PATIENCE_MS = 120_000
expect.set_options(timeout=PATIENCE_MS)


class Watched:
    """A page, and everything that it did wrong."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.address = address
        context.set_default_timeout(PATIENCE_MS)
        self.page: Page = context.new_page()
        self.complaints: list[str] = []
        self._expected: list[str] = []
        self.foreign: list[str] = []
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", self._on_request)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(f"{message.text} ({message.location.get('url', '')})")

    def _on_request(self, request: Request) -> None:
        parts = urlsplit(request.url)
        if parts.scheme in ("http", "https") and parts.netloc != urlsplit(self.address).netloc:
            self.foreign.append(request.url)

    def expect_complaints(self, words: str) -> None:
        """Those with these words are no fault: the browser notes them before or after what can be seen of them."""
        self._expected.append(words)

    def faults(self) -> list[str]:
        """The complaints that nobody expected."""
        return [said for said in self.complaints if not any(words in said for words in self._expected)]

    def open(self, path: str) -> Page:
        self.page.goto(self.address + path)
        return self.page

    def sign_in(self, email: str, password: str) -> Page:
        page = self.open("/login")
        page.get_by_label("Email", exact=True).fill(email)
        page.get_by_label("Password", exact=True).fill(password)
        page.get_by_role("button", name="Sign in").click()
        page.get_by_role("link", name="Runs", exact=True).wait_for()
        return page


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        yield browser
        browser.close()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Function, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that fails tells what its pages showed: it may not fail again for a hundred runs."""
    report = yield
    if call.when == "call" and report.failed:
        tabs = {name: value for name, value in item.funcargs.items() if isinstance(value, Watched)}
        for name, tab in tabs.items():
            report.sections.append((f"last sight of {name}", last_sight(tab.page)))
    return report


VIEWPORT: ViewportSize = {"width": 1280, "height": 800}


# What a tab keeps for itself says whether its first page was there already.
FORGET = """
if (window === top && location.protocol.startsWith("http") && !sessionStorage.getItem("test-begun")) {
  localStorage.clear();
  sessionStorage.setItem("test-begun", "yes");
}
"""


def watched_tab(context: BrowserContext, address: str, *, forgetful: bool = False) -> Iterator[Watched]:
    """A tab that fails when it leaves complaints in the console or asks another host for anything.

    A forgetful one begins without what other tabs of its browser left in the store of the page.
    """
    watched = Watched(context, address)
    if forgetful:
        watched.page.add_init_script(FORGET)
    yield watched
    for page in context.pages:
        page.close()
    assert watched.foreign == []
    assert watched.faults() == []


def new_context(browser: Browser, address: str, state: StorageState | None = None) -> BrowserContext:
    context = browser.new_context(viewport=VIEWPORT, storage_state=state)
    context.grant_permissions(["clipboard-read", "clipboard-write"], origin=address)
    record_events(context)
    return context


@pytest.fixture
def visitor(browser: Browser, platform: Platform) -> Iterator[Watched]:
    """Somebody who has not signed in."""
    with new_context(browser, platform.address) as context:
        yield from watched_tab(context, platform.address)


@pytest.fixture(scope="session")
def session(browser: Browser, platform: Platform) -> StorageState:
    """The cookies of the first administrator."""
    context = browser.new_context()
    Watched(context, platform.address).sign_in(platform.email, platform.password)
    state = context.storage_state()
    context.close()
    return state


@pytest.fixture(scope="session")
def admins_browser(browser: Browser, platform: Platform, session: StorageState) -> Iterator[BrowserContext]:
    """Stays open over the tests: what it has loaded once it has at hand."""
    with new_context(browser, platform.address, session) as context:
        yield context


@pytest.fixture
def admin(admins_browser: BrowserContext, platform: Platform) -> Iterator[Watched]:
    """The first administrator, signed in, in a tab of a browser that remembers nothing but that."""
    yield from watched_tab(admins_browser, platform.address, forgetful=True)
