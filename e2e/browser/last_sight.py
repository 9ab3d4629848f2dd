"""What a page looked like, and what people did to it last, when a test of it failed."""

from playwright.sync_api import BrowserContext, Error, Page

# The newest of these are kept in the page. Where a press and its release hit different things, no click follows:
# that is seen here and nowhere else.
RECORDER = """
(() => {
  const last = (window.lastEvents = []);
  const name = (node) =>
    node instanceof Element
      ? [node.tagName.toLowerCase(), node.getAttribute("role"), node.getAttribute("aria-label")]
          .concat((node === document.documentElement ? "" : node.textContent || "").trim().slice(0, 24))
          .filter(Boolean)
          .join(" ")
      : "document";
  for (const kind of ["pointerdown", "pointerup", "click", "keydown", "focusin", "focusout"])
    window.addEventListener(
      kind,
      (event) => {
        const at = event instanceof MouseEvent ? ` at ${event.clientX},${event.clientY}` : "";
        last.push(`${Math.round(performance.now())} ms ${kind} ${event.key || ""}${at}: ${name(event.target)}`);
        if (last.length > 40) last.shift();
      },
      true,
    );
})();
"""
LONGEST = 12_000


def record_events(context: BrowserContext) -> None:
    context.add_init_script(RECORDER)


def last_sight(page: Page) -> str:
    """The newest events of a page, its dialogs (hidden ones too), and the page as those hear it who cannot see it.

    Never raises: the failure that it is asked about says more.
    """
    if page.url == "about:blank":
        return "never opened"
    try:
        events = page.evaluate("[...(window.lastEvents || []), `${Math.round(performance.now())} ms now`]")
        seen = page.locator("body").aria_snapshot(timeout=10_000)
        dialogs = page.evaluate(
            "[...document.querySelectorAll('[role=dialog]')]"
            ".map((node) => `${node.cloneNode().outerHTML.slice(0, 300)} ${node.textContent.slice(0, 100)}`)"
        )
    except Error as error:
        return f"{page.url}: could not be looked at: {error}"
    return "\n".join([page.url, *events, *dialogs, seen[:LONGEST]])
