"""What the accessibility checker says of a page that has come to rest."""

from platform_process import ROOT
from playwright.sync_api import Page

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
# Monaco colours its text late after a change of theme; its palette is not ours.
RUN_AXE = """async ([within, rules]) => {
  const context = {include: [[within]], exclude: [['.monaco-editor .view-lines'], ['.monaco-diff-editor']]};
  const found = await axe.run(context, {resultTypes: ['violations'], ...(rules && {runOnly: rules})});
  return found.violations
    .filter(one => one.impact === 'serious' || one.impact === 'critical')
    .map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 200)).slice(0, 3).join(' | ')}`);
}"""

# What has just come begins to move a frame later.
TWO_FRAMES = "() => new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done())))"
# What turns for as long as something runs is no reason to wait.
STILL = """() => document.getAnimations().every(
  one => one.playState !== 'running' || one.effect?.getTiming().iterations === Infinity
)"""


def be_still(page: Page) -> None:
    """Waits until nothing fades or moves: text that is half there has half its contrast."""
    page.evaluate(TWO_FRAMES)
    page.wait_for_function(STILL)


def complaints_of_axe(page: Page, within: str = "html", rules: list[str] | None = None) -> list[str]:
    """The serious and critical violations inside of a selector, of the named rules or of all."""
    be_still(page)
    if not page.evaluate("'axe' in window"):
        # Evaluated by the debugger: the page itself allows no scripts of others.
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN_AXE, [within, rules])
    return found
