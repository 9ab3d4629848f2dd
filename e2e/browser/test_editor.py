"""The code editor as engineers use it."""

import re

import pytest
from platform_process import Platform, eventually
from playwright.sync_api import Locator, Page, expect

from browser.conftest import Watched
from browser.suggestions import PATIENCE_SECONDS, comes_to_show, mistakes, suggested
from browser.test_ui import write_code


def test_a_locked_third_party_package_is_completed(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/scripts/new")
    write_code(page, "import httpx\n\n\ndef main(url: str):\n    httpx.")
    page.locator("[data-help=ready]").wait_for()
    shown = page.locator(".suggest-widget").get_by_text("AsyncClient", exact=True).first
    comes_to_show(page, lambda: page.keyboard.press("Control+Space"), shown)
    page.keyboard.press("Escape")
    page.keyboard.type("get(  url  )")
    page.keyboard.press("Control+s")
    expect(page.locator(".view-lines")).to_contain_text(re.compile(r"httpx\.get\(url\)"))
    expect(page.get_by_text("Draft saved")).to_be_visible()


def test_the_types_of_a_locked_npm_package_are_completed_and_shown(
    admin: Watched, platform: Platform
) -> None:
    platform.deploy(
        "u/admin/typed",
        "export type Person = { nick: string };\nexport async function main() {}\n",
        language="bun",
    )
    platform.deploy("u/admin/typing", "export async function main() {}\n", language="bun")
    page = admin.open("/w/main/edit/u/admin/typing")
    write_code(
        page,
        'import { z } from "zod";\nimport type { Person } from "./typed.ts";\n'
        "const one: Person = { nick: 5 };\nz.",
    )
    page.locator("[data-help=ready]").wait_for()
    # The end of the text is a mistake too, and is seen before the other script is there.
    eventually(lambda: any("'number' is not assignable" in told for told in mistakes(page)), PATIENCE_SECONDS)
    expect(page.locator(".squiggly-error").first).to_be_visible()
    suggested(page, "discr", "discriminatedUnion")
    page.keyboard.press("Enter")
    # The text of the hover is cut into pieces, some of which are out of sight.
    hover = page.locator(".monaco-hover").filter(has_text="ZodDiscriminatedUnion").first

    def ask() -> None:
        page.keyboard.press("Control+k")
        page.keyboard.press("Control+i")

    comes_to_show(page, ask, hover)


GREETING = """export type Person = { nick: string };
export function greet(person: Person) {
  return person.nick;
}
export async function main() {}
"""
GREETS = """import { z } from "zod";
import { greet } from "./greeting.ts";

function helper(count: number) {
  return count + 1;
}

export async function main(count: number) {
  greet({ nick: 5 });
  return [helper(count), z.string()];
}
"""
# A text of another world: it sees neither the other's packages nor its scripts.
OTHER_WORLD = """() => {
  const code = 'import { z } from "zod"; import { greet } from "./greeting.ts";'
    + ' greet({ nick: 5 }); const a: number = z.string(); const b: number = "";';
  const uri = monaco.Uri.parse("file:///world9999/u/admin/other.ts");
  const model = monaco.editor.createModel(code, "typescript", uri);
  monaco.editor.create(document.body.appendChild(document.createElement("div")), { model });
}"""


def go_to(page: Page, line: int, column: int) -> None:
    """Puts the cursor of the code editor somewhere."""
    page.evaluate(
        "([lineNumber, column]) => { const editor = monaco.editor.getEditors()[0];"
        " editor.setPosition({ lineNumber, column }); editor.focus(); }",
        [line, column],
    )


def leads(page: Page, line: int, column: int, shown: Locator) -> None:
    """From there the definition is gone to, until it is reached."""

    def ask() -> None:
        go_to(page, line, column)
        page.keyboard.press("F12")

    comes_to_show(page, ask, shown)


def lines_of(page: Page) -> str:
    return str(page.evaluate("() => monaco.editor.getEditors()[0].getValue()"))


def test_definitions_in_typescript_lead_to_the_text_to_scripts_and_to_packages(
    admin: Watched, platform: Platform
) -> None:
    platform.deploy("u/admin/greeting", GREETING, language="bun")
    platform.deploy("u/admin/greets", GREETS, language="bun")
    page = admin.open("/w/main/edit/u/admin/greets")
    page.locator("[data-help=ready]").wait_for()
    # Not that the script is missing: what is wrong is how it is called.
    eventually(
        lambda: {"'number' is not assignable" in told for told in mistakes(page)} == {True}, PATIENCE_SECONDS
    )
    expect(page.locator(".squiggly-error").first).to_be_visible()
    leads(page, 10, 12, page.get_by_text("Ln 4, Col 10"))
    shown = page.get_by_role("region", name="Definition in u/admin/greeting")
    leads(page, 9, 5, shown)
    expect(shown).to_contain_text("export function greet")
    expect(shown.get_by_role("link", name="Edit")).to_have_attribute(
        "href", re.compile("edit/u/admin/greeting")
    )
    page.keyboard.press("Escape")
    expect(shown).to_have_count(0)
    shown = page.get_by_role("region", name=re.compile("^Definition in zod"))
    leads(page, 10, 28, shown)
    shown.get_by_role("button", name="Back").click()

    go_to(page, 9, 5)
    page.keyboard.press("F2")
    page.locator(".rename-input").fill("hail")
    page.keyboard.press("Enter")
    eventually(lambda: "import { greet as hail }" in lines_of(page) and "hail({ nick" in lines_of(page))

    page.evaluate(OTHER_WORLD)
    markers = "() => monaco.editor.getModelMarkers({}).filter((one) => one.resource.path.includes('9999'))"
    eventually(lambda: bool(page.evaluate(markers)))
    assert [marker["startColumn"] for marker in page.evaluate(markers) if marker["severity"] == 8] == [121]


def test_definitions_in_python_lead_to_the_text_to_scripts_and_to_packages(
    admin: Watched, platform: Platform
) -> None:
    platform.deploy("u/admin/pytools", "def handy():\n    return inner()\n\n\ndef inner():\n    return 1\n")
    page = admin.open("/w/main/scripts/new")
    write_code(
        page,
        "import httpx\nfrom u.admin.pytools import handy\n\n\ndef own():\n    return handy()\n\n\n"
        "def main():\n    httpx.get('x')\n    return own()\n",
    )
    page.locator("[data-help=ready]").wait_for()
    opened = page.get_by_role("region", name=re.compile("^Definition in "))
    leads(page, 11, 13, page.get_by_text("Ln 5, Col 5"))
    leads(page, 6, 13, page.get_by_text("u/admin/pytools").first)
    # From there on to what that script refers to.
    page.evaluate("() => monaco.editor.getEditors()[1].setPosition({ lineNumber: 2, column: 13 })")
    page.keyboard.press("F12")
    at = "() => monaco.editor.getEditors()[1].getPosition().lineNumber"
    eventually(lambda: page.evaluate(at) == 5)
    opened.get_by_role("button", name="Close the definition").click()
    leads(page, 10, 12, page.get_by_text("httpx/_api.py").first)
    opened.get_by_role("button", name="Close the definition").click()
    go_to(page, 11, 13)
    page.keyboard.press("Control+Shift+O")
    expect(page.locator(".quick-input-widget")).to_contain_text("own")
    page.keyboard.press("Escape")


def test_vim_keys(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/scripts/new")
    write_code(page, "one\ntwo\n")
    page.get_by_role("button", name="Editor", exact=True).click()
    page.get_by_role("menuitemcheckbox", name="Vim keys").click()
    page.keyboard.press("Escape")
    expect(page.locator(".vim-status")).to_contain_text("NORMAL")
    page.locator(".monaco-editor").first.click()
    page.keyboard.type("ggdd")
    expect(page.locator(".view-lines")).not_to_contain_text("one")
    page.keyboard.type("ithree ")
    expect(page.locator(".view-lines")).to_contain_text("three")


FAILING = """def main(count: int, kind: str = "a"):
    total = 10
    return total / count
"""


def test_a_test_leads_from_its_failure_to_the_line_and_keeps_the_last_result(
    admin: Watched, platform: Platform
) -> None:
    page = admin.open("/w/main/scripts/new")
    write_code(page, FAILING)
    count = page.get_by_label(re.compile(r"^count"))
    count.fill("0")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text("ZeroDivisionError").first).to_be_visible()
    page.get_by_role("button", name="Go to line").click()
    expect(page.get_by_text("Ln 3, Col 1")).to_be_visible()
    count.fill("4")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_role("tabpanel", name="Result")).to_contain_text("2.5")
    page.get_by_role("button", name="Beside the last").click()
    expect(page.get_by_role("region", name="The test before")).to_contain_text("ZeroDivisionError")


def test_edits_of_the_form_stay_when_the_code_changes(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/scripts/new")
    write_code(page, FAILING)
    page.get_by_role("tab", name="Schema").click()
    page.get_by_role("button", name=re.compile("^count")).click()
    page.get_by_label(re.compile("^Description")).fill("How many shares")
    page.get_by_label(re.compile("^Shown when")).fill('fields.kind === "b"')
    page.get_by_role("button", name="Move kind up").click()
    write_code(page, FAILING.replace("count: int", "count: int, more: bool = False"))
    page.get_by_role("tab", name="Inputs", exact=True).click()
    expect(page.get_by_label("more")).to_be_visible()
    expect(page.get_by_text("How many shares")).to_have_count(0)
    page.get_by_label(re.compile("^kind")).fill("b")
    expect(page.get_by_text("How many shares")).to_be_visible()


def test_code_is_found_across_the_workspace_and_references_before_a_move(
    admin: Watched, platform: Platform
) -> None:
    platform.deploy("u/admin/found_helper", "def helper_to_find():\n    pass\n")
    platform.deploy(
        "u/admin/found_user", "from u.admin.found_helper import helper_to_find\n\n\ndef main():\n    pass\n"
    )
    page = admin.open("/w/main")
    page.get_by_role("heading").first.wait_for()
    page.keyboard.press("Control+Shift+F")
    page.get_by_role("searchbox", name="Text to find").fill("helper_to_find")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("u/admin/found_user")).to_be_visible()
    dialog.get_by_role("button", name=re.compile("^1 *def helper_to_find")).click()
    expect(page).to_have_url(re.compile("/edit/u/admin/found_helper"))

    page.goto(f"{platform.address}/w/main/scripts/u/admin/found_helper")
    page.get_by_role("button", name="More actions").click()
    page.get_by_role("menuitem", name="Move or rename").click()
    expect(page.get_by_role("dialog").get_by_text("u/admin/found_user")).to_be_visible()
    page.get_by_role("dialog").get_by_role("textbox", name="Name").fill("moved_helper")
    page.get_by_role("checkbox", name="Change the import or step too").wait_for()
    page.get_by_role("button", name="Move", exact=True).click()
    expect(page.get_by_role("dialog").get_by_text("Follow it in a new version")).to_be_visible()
    page.get_by_role("button", name="Done").click()
    assert "from u.admin.moved_helper import" in platform.get("scripts/get/p/u/admin/found_user")["content"]
    expect(page).to_have_url(re.compile("/scripts/u/admin/moved_helper"))


def test_the_side_panel_inserts_in_the_syntax_of_the_language(admin: Watched, platform: Platform) -> None:
    platform.post(
        "variables/create",
        {"path": "u/admin/inserted", "value": "x", "is_secret": False, "description": ""},
    )
    page = admin.open("/w/main/scripts/new")
    write_code(page, "def main():\n    return ")
    page.get_by_role("button", name="Insert", exact=True).click()
    page.get_by_role("region", name="Insert").get_by_text("u/admin/inserted").click()
    lines = page.locator(".view-lines").first
    expect(lines).to_contain_text(re.compile(r"import.wmill"))
    expect(lines).to_contain_text('wmill.get_variable("u/admin/inserted")')


PDF_AND_DIFF = """import base64


def main():
    page = b"%PDF-1.4\\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\\n2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj"
    return {
        "render_all": [
            {"pdf": base64.b64encode(page).decode()},
            {"diff": {"before": {"name": "old"}, "after": {"name": "new"}}},
        ]
    }
"""


def say_whether_pdf_is_shown(page: Page, shown: bool) -> None:
    """What a page is told about its browser: the shell that most tests run in has no viewer of its own."""
    told = "true" if shown else "false"
    page.add_init_script(f"Object.defineProperty(navigator, 'pdfViewerEnabled', {{get: () => {told}}})")


def downloaded_pdf(page: Page) -> bytes:
    """What the button saves; a frame without a viewer saves as well, under a name of its own."""
    with page.expect_download(lambda download: download.suggested_filename == "result.pdf") as saved:
        page.get_by_role("button", name="Download PDF").click()
    return saved.value.path().read_bytes()


def test_a_result_as_pdf_and_as_diff(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/pdf_and_diff", PDF_AND_DIFF)
    job = platform.wait_for(platform.start("u/admin/pdf_and_diff"))
    say_whether_pdf_is_shown(admin.page, True)
    page = admin.open(f"/w/main/run/{job['id']}")
    expect(page.get_by_title("Result as PDF")).to_have_attribute("src", re.compile("^blob:"))
    assert downloaded_pdf(page).startswith(b"%PDF-1.4")
    expect(page.locator(".line-delete").first).to_be_visible()
    expect(page.locator(".monaco-diff-editor")).to_contain_text('"new"')


def test_a_pdf_where_the_browser_shows_none(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/only_pdf", PDF_AND_DIFF)
    job = platform.wait_for(platform.start("u/admin/only_pdf"))
    say_whether_pdf_is_shown(admin.page, False)
    saved: list[str] = []
    admin.page.on("download", lambda download: saved.append(download.suggested_filename))
    page = admin.open(f"/w/main/run/{job['id']}")
    expect(page.get_by_text("This browser does not show PDF files")).to_be_visible()
    assert downloaded_pdf(page).startswith(b"%PDF-1.4")
    expect(page.get_by_title("Result as PDF")).to_have_count(0)
    assert saved == ["result.pdf"]


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("bash", "if true;then\necho 1\nfi\n", "if true; then\n    echo 1\nfi\n"),
        ("graphql", "query{user{name}}\n", "query {\n    user {\n        name\n    }\n}\n"),
        ("postgresql", "-- $1 id\nselect a from %%t%% where b=$1", "-- $1 id\nselect\n    a\nfrom\n"),
    ],
)
def test_code_is_formatted_as_it_is_saved(
    admin: Watched, platform: Platform, language: str, before: str, after: str
) -> None:
    platform.deploy(f"u/admin/saved_{language}", before, language)
    page = admin.open(f"/w/main/edit/u/admin/saved_{language}")
    page.locator(".monaco-editor").first.wait_for()
    page.locator(".monaco-editor").first.click()
    page.keyboard.press("Control+s")
    eventually(lambda: lines_of(page).startswith(after))
    expect(page.get_by_text("Draft saved")).to_be_visible()


def test_a_workspace_chooses_how_new_scripts_begin(admin: Watched, platform: Platform) -> None:
    page = admin.open("/w/main/settings?section=scripts")
    page.get_by_role("button", name="Move Bash up").click()
    listed = page.get_by_role("list", name="Languages").get_by_role("listitem")
    for _ in range(listed.count()):
        if "Bash" in listed.first.inner_text():
            break
        page.get_by_role("button", name="Move Bash up").click()
    page.get_by_role("switch", name="Offer PowerShell").click()
    page.get_by_role("button", name="First code of Bash").click()
    write_code(page, "# Ours\n")
    page.get_by_role("button", name="Save", exact=True).first.click()
    expect(page.get_by_text("New scripts begin like this now")).to_be_visible()
    page = admin.open("/w/main/scripts/new")
    expect(page.locator(".view-lines").first).to_contain_text("# Ours".replace(" ", "\u00a0"))
    platform.post("workspaces/default_scripts", None)


def join_in_settings(page: Page) -> None:
    """Sets which runs are joined, and deploys; the same for scripts and flows."""
    page.get_by_role("button", name="Settings", exact=True).click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label(re.compile("^Join within")).fill("600")
    dialog.get_by_label(re.compile("^Join at most")).fill("2")
    dialog.get_by_label(re.compile("^Joined by")).fill("$args[who]")
    dialog.get_by_label(re.compile("^Collected inputs")).fill("items, others")
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Deploy", exact=True).click()
    page.get_by_role("dialog").get_by_role("button", name="Deploy", exact=True).click()


def test_runs_in_a_row_are_joined_as_the_settings_of_a_script_say(admin: Watched, platform: Platform) -> None:
    path = "u/admin/joined_in_browser"
    platform.deploy(path, 'items="$1"\nwho="$2"\necho "$who $items"', "bash")
    page = admin.open(f"/w/main/edit/{path}")
    page.locator(".monaco-editor").first.wait_for()
    join_in_settings(page)
    wanted = {
        "debounce_delay_s": 600, "debounce_key": "$args[who]", "max_total_debounces_amount": 2,
        "debounce_args_to_accumulate": ["items", "others"],
    }  # fmt: skip
    eventually(lambda: platform.get(f"scripts/get/p/{path}").items() >= wanted.items())

    first, later = (platform.start(path, {"items": [n], "who": "me"}) for n in (1, 2))
    page = admin.open(f"/w/main/run/{first}")
    expect(page.get_by_text("Skipped", exact=True).first).to_be_visible()
    page.get_by_role("link", name="runs for both").click()
    expect(page).to_have_url(re.compile(later))
    page.get_by_role("button", name="Start now").click()
    assert platform.wait_for(later)["result"].replace(" ", "") == "me[1,2]"

    flow = {
        "path": f"{path}_flow",
        "summary": "",
        "value": {"modules": [{"id": "a", "value": {"type": "identity"}}]},
    }
    platform.post("flows/create", flow)
    join_in_settings(admin.open(f"/w/main/flows/edit/{path}_flow"))
    eventually(lambda: platform.get(f"flows/get/{path}_flow")["value"].items() >= wanted.items())


def test_a_discarded_draft_leaves_the_deployed_code(admin: Watched, platform: Platform) -> None:
    platform.deploy("u/admin/kept_code", "def main():\n    return 1\n")
    page = admin.open("/w/main/edit/u/admin/kept_code")
    page.locator(".monaco-editor").first.wait_for()
    page.locator(".monaco-editor").first.click()
    page.keyboard.type("# typed over")
    expect(page.get_by_text("Draft saved")).to_be_visible()
    page.reload()
    for _ in range(2):
        page.get_by_role("button", name="Discard draft").click()
        page.get_by_role("dialog").get_by_role("button", name="Discard").click()
        eventually(lambda: lines_of(page) == "def main():\n    return 1\n")
        page.locator(".monaco-editor").first.click()
        page.keyboard.type("# again")
