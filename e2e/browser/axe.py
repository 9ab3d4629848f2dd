"""What the accessibility checker says of a page that has come to rest."""

from platform_process import ROOT
from playwright.sync_api import Page

AXE = ROOT / "frontend" / "node_modules" / "axe-core" / "axe.min.js"
# What has just come begins to move a frame later. What turns for as long as something runs is no reason to wait.
AT_REST = """async () => {
  const frame = () => new Promise(done => requestAnimationFrame(done));
  const moves = one => one.playState === 'running' && one.effect?.getTiming().iterations !== Infinity;
  await frame();
  do await frame(); while (document.getAnimations().some(moves));
}"""
# Monaco colours its text late after a change of theme; its palette is not ours. What begins to fade while a page is
# looked at, a message in its corner for instance, is looked at once more.
RUN_AXE = """async ([within, rules]) => {
  const context = {include: [[within]], exclude: [['.monaco-editor .view-lines'], ['.monaco-diff-editor']]};
  const begins = ['transitionrun', 'animationstart'];
  for (let tries = 1; ; tries += 1) {
    await (AT_REST)();
    let moved = false;
    const note = () => { moved = true; };
    for (const kind of begins) document.addEventListener(kind, note, true);
    const found = await axe.run(context, {resultTypes: ['violations'], ...(rules && {runOnly: rules})});
    for (const kind of begins) document.removeEventListener(kind, note, true);
    const told = found.violations
      .filter(one => one.impact === 'serious' || one.impact === 'critical')
      .map(one => `${one.id}: ${one.nodes.map(node => node.html.slice(0, 200)).slice(0, 3).join(' | ')}`);
    if (told.length === 0 || !moved || tries === 10) return told;
  }
}""".replace("AT_REST", AT_REST)


def be_still(page: Page) -> None:
    """Waits until nothing fades or moves: text that is half there has half its contrast."""
    page.evaluate(AT_REST)


def complaints_of_axe(page: Page, within: str = "html", rules: list[str] | None = None) -> list[str]:
    """The serious and critical violations inside of a selector, of the named rules or of all."""
    if not page.evaluate("'axe' in window"):
        # Evaluated by the debugger: the page itself allows no scripts of others.
        page.evaluate(AXE.read_text())
    found: list[str] = page.evaluate(RUN_AXE, [within, rules])
    return found
