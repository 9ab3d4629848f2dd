"""The first editor of a machine that opens Go has gopls built; it comes first here, for others that need it."""

from platform_process import Platform

from language_help.test_python_help import editor


def test_an_editor_hears_what_go_help_waits_for(platform: Platform) -> None:
    with editor(platform, kind="go") as one:
        answer = one.ask("open", path="u/admin/first", text="package inner\n\nfunc main() {}\n")
        if "error" in answer:
            assert answer["error"]["again"] and "once per machine" in answer["error"]["message"]
            assert one.wait_for("packages")["state"] == "building"
        else:  # built in an earlier run
            assert one.wait_for("packages", state="ready")["modules"] == 0
