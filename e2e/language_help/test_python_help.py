"""Help for Python over its WebSocket: what it knows, and above all what it never shows."""

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from platform_process import Platform, eventually
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import ClientConnection, connect

SECONDS = 180.0
HIDDEN = "def plan_of_the_board() -> str:\n    return ''\n"


class Editor:
    """An editor with one open script."""

    def __init__(self, socket: ClientConnection) -> None:
        self.socket = socket
        self.events: list[dict[str, Any]] = []
        self._numbers = itertools.count(1)

    def ask(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self.socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message: dict[str, Any] = json.loads(self.socket.recv(SECONDS))
            if message.get("id") == number:
                return message
            self.events.append(message)

    def result(self, method: str, **params: Any) -> Any:
        answer = self.ask(method, **params)
        assert "error" not in answer, answer
        return answer["result"]

    def open(self, text: str, path: str = "u/admin/edited") -> None:
        """Opens a script, again where all servers still serve editors that were closed a moment ago."""

        def opened() -> bool:
            answer = self.ask("open", path=path, text=text)
            if answer.get("error", {}).get("again"):
                return False
            assert "error" not in answer, answer
            return True

        eventually(opened, SECONDS)

    def type_over(self, text: str) -> None:
        whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9999, "character": 0}}
        self.result("change", changes=[{"range": whole, "text": text}])

    def labels(self, text: str) -> set[str]:
        """The completions at the end of this text, which takes the place of what was open."""
        self.type_over(text)
        lines = text.split("\n")
        at = {"line": len(lines) - 1, "character": len(lines[-1])}
        return {item["label"] for item in self.result("completion", position=at)["items"]}

    def wait_for(self, event: str, **wanted: Any) -> dict[str, Any]:
        while True:
            for known in self.events:
                if known["event"] == event and wanted.items() <= known.items():
                    return known
            self.hear()

    def hear(self) -> None:
        self.events.append(json.loads(self.socket.recv(SECONDS)))

    def problems(self) -> set[str]:
        return {item["code"] for event in self.events for item in event.get("items", [])}


@contextmanager
def editor(
    platform: Platform, token: str | None = None, kind: str = "python", **headers: str
) -> Iterator[Editor]:
    address = f"ws{platform.address.removeprefix('http')}/api/w/main/language_help/{kind}"
    headers["authorization"] = f"Bearer {token or platform.token}"
    with connect(
        address,
        additional_headers=headers,
        proxy=None,
        max_size=None,
        open_timeout=SECONDS,
        ping_timeout=SECONDS,
    ) as socket:
        yield Editor(socket)


@pytest.fixture(scope="module")
def folders(platform: Platform, both_folders: None) -> None:
    platform.deploy("f/board/plans", HIDDEN)
    platform.deploy("f/shared/tools", "def handy_tool(count: int) -> str:\n    return ''\n")


def member(platform: Platform, name: str, **role: Any) -> str:
    """A new member's token; they may read the folder f/shared."""
    email, password = f"{name}@example.com", "a good long password"
    platform.post("/users/create", {"email": email, "password": password, "super_admin": False})
    joining = {"email": email, "is_admin": False, "operator": False, "username": name, **role}
    platform.post("workspaces/add_user", joining)
    platform.post("folders/addowner/shared", {"owner": f"u/{name}"})
    return platform.post("/auth/login", {"email": email, "password": password}).text


def test_a_package_of_the_scripts_own_environment_is_completed(platform: Platform, folders: None) -> None:
    with editor(platform) as one:
        one.open("import httpx\n\n\ndef main():\n    httpx.")
        ready = one.wait_for("packages", state="ready")
        assert ready["modules"] > 1
        assert "AsyncClient" in one.labels("import httpx\n\n\ndef main():\n    httpx.")
        at = {"line": 0, "character": 9}
        [place] = one.result("definition", position=at)
        assert place["name"].endswith("httpx/__init__.py")
        assert "AsyncClient" in one.result("source", name=place["name"])["text"]
        one.wait_for("diagnostics", source="pyright")


def test_other_scripts_of_the_workspace_are_known(platform: Platform, folders: None) -> None:
    code = "from f.shared.tools import handy_tool\n\n\ndef main():\n    return handy_tool( 1 )\n"
    with editor(platform) as one:
        one.open(code)
        hover = one.result("hover", position={"line": 4, "character": 14})
        assert "handy_tool(count: int) -> str" in hover["text"]
        [place] = one.result("definition", position={"line": 4, "character": 14})
        assert place["name"] == "script:f/shared/tools"
        assert one.result("format") != [], "the blanks in the call are to go"
        one.type_over(code.replace("( 1 )", "('text')"))
        while "reportArgumentType" not in one.problems():
            one.hear()


def test_what_may_not_be_read_is_neither_completed_nor_found(platform: Platform, folders: None) -> None:
    token = member(platform, "curious")
    code = "from f.board.plans import plan_of_the_board\n"
    at = {"line": 0, "character": 30}
    with editor(platform, token) as one, editor(platform) as admin:
        one.open(code, "u/curious/edited")
        admin.open(code)
        assert admin.result("definition", position=at) != []
        assert one.result("definition", position=at) == []
        assert "board" not in one.labels("from f.")
        assert "shared" in one.labels("from f.")
        assert "plan_of_the_board" in admin.labels("from f.board.plans import ")
        assert "plan_of_the_board" not in one.labels("from f.board.plans import ")

        platform.post("folders/addowner/board", {"owner": "u/curious"})
        # Rights are looked at before an answer, but not more often than once a second.
        eventually(lambda: "plan_of_the_board" in one.labels("from f.board.plans import "))
        platform.post("folders/removeowner/board", {"owner": "u/curious"})
        eventually(lambda: "plan_of_the_board" not in one.labels("from f.board.plans import "))
        assert one.result("definition", position=at) == []


def test_references_symbols_and_names(platform: Platform, folders: None) -> None:
    with editor(platform) as own:
        own.open(
            "from f.shared.tools import handy_tool\n\n\ndef mine():\n    return handy_tool(1)\n\n\nmine()\n"
        )
        tool = {"line": 4, "character": 13}
        found = own.result("references", position=tool)
        assert {place["name"] for place in found} == {"self", "script:f/shared/tools"}
        assert [one["name"] for one in own.result("symbols", position=tool)] == ["mine"]
        edits = own.result("rename", position={"line": 7, "character": 1}, name="ours")
        assert [(edit["range"]["start"]["line"], edit["newText"]) for edit in edits] == [
            (3, "ours"),
            (7, "ours"),
        ]
        refused = own.ask("rename", position=tool, name="other")
        assert "f/shared/tools" in refused["error"]["message"]
        # A file that a definition led to is asked about in the same way.
        inside = own.result("hover", position={"line": 0, "character": 6}, file="script:f/shared/tools")
        assert "handy_tool" in inside["text"]


def test_what_somebody_types_shows_to_nobody_else(platform: Platform, folders: None) -> None:
    with editor(platform) as writer, editor(platform) as other:
        writer.open("def word_of_the_writer():\n    pass\n", "u/admin/secretly")
        other.open("", "u/admin/beside")
        assert not {label for label in other.labels("word_of_the") if "writer" in label}
        assert not {label for label in other.labels("from u.admin.") if "edited" in label}


def test_only_who_may_write_code_gets_in(platform: Platform, folders: None) -> None:
    operator = member(platform, "runs_only", operator=True)
    for token, headers, status in [
        (operator, {}, 401),
        ("pm_tok_of_nobody", {}, 401),
        (platform.token, {"origin": "https://elsewhere.example"}, 403),
    ]:
        with pytest.raises(InvalidStatus) as refused, editor(platform, token, **headers):
            raise AssertionError("let in")
        assert refused.value.response.status_code == status
    with editor(platform, platform.token, origin=platform.address) as one:
        one.open("")
    # The page that speaks HTTP here is told what this is.
    assert platform.http.get("/w/main/language_help/python").status_code == 426


def test_a_member_who_loses_the_right_loses_the_connection(platform: Platform, folders: None) -> None:
    token = member(platform, "leaving")
    with editor(platform, token) as one:
        one.open("", "u/leaving/edited")
        platform.http.delete("/w/main/users/delete/leaving").raise_for_status()
        with pytest.raises(ConnectionClosed):
            while True:
                one.socket.recv(SECONDS)


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("completion", {"position": "here"}),
        ("completion", {"position": {"line": -5, "character": 10**12}}),
        ("open", {"path": "../../etc/passwd", "text": ""}),
        ("open", {"path": "u/admin/x"}),
        ("resolve", {"index": -1}),
        ("source", {"name": "library:/etc/passwd"}),
        ("nonsense", {}),
        ("change", {"changes": [{"text": 5}]}),
    ],
)
def test_bad_words_are_answered_with_a_sentence(
    platform: Platform, folders: None, method: str, params: dict[str, Any]
) -> None:
    with editor(platform) as one:
        one.open("import os\n")
        answer = one.ask(method, **params)
        said = answer.get("error", {}).get("message", "")
        assert not any(place in said for place in ("/tmp", "site-packages", "file:")), (
            "files of the machine are told"
        )
        assert one.result("hover", position={"line": 0, "character": 8}) is not None, "the session goes on"


def test_a_name_of_a_file_is_no_right_to_it(platform: Platform, folders: None) -> None:
    token = member(platform, "formerreader")
    with editor(platform, token) as other:
        other.open("from f.shared.tools import handy_tool\nhandy_tool\n", path="u/formerreader/mine")
        [place] = other.result("definition", position={"line": 1, "character": 2})
        assert "handy_tool" in other.result("source", name=place["name"])["text"]
        platform.post("folders/removeowner/shared", {"owner": "u/formerreader"})
        gone = {"No definition led there", "That file is gone"}
        eventually(
            lambda: other.ask("source", name=place["name"]).get("error", {}).get("message") in gone, SECONDS
        )
        for method in ("hover", "definition", "symbols", "references"):
            answer = other.ask(method, position={"line": 0, "character": 6}, file=place["name"])
            assert not answer.get("result"), (method, answer)
