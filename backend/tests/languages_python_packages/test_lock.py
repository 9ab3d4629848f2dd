"""Locks made by the real resolver, against an index on this machine."""

import hashlib
import re
import sys
from pathlib import Path

import msgspec
import pytest

from postmill.kernel.errors import NotFound
from postmill.languages.credentials import secrets_of
from postmill.languages.protocol import LockFailed, LockRequest, Registries
from postmill.languages.python.interpreters import Interpreters
from postmill.languages.python.lock import Locker
from postmill.languages.python.lock_text import parse_lock, refusal
from postmill.languages.tool import CapturedOutput

from .conftest import Index, lock_request

OWN = f"{sys.version_info[0]}.{sys.version_info[1]}"
NOWHERE = Registries(python_index_url="http://127.0.0.1:9/simple")


async def test_a_lock_names_python_versions_and_hashes_but_no_address(index: Index, locker: Locker) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": "x = 1\n"})
    index.add_wheel("alpha", "1.1", {"alpha.py": "x = 2\n"}, requires=("beta>=2",))
    index.add_wheel("beta", "2.5", {"beta.py": "y = 1\n"})
    text = await locker.lock(lock_request("import alpha\ndef main(): pass\n", index.registries()))
    lines = text.splitlines()
    assert lines[0] == f"# py: {OWN}"
    assert [line.split(" ")[0] for line in lines if "==" in line] == ["alpha==1.1", "beta==2.5"]
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", text)) == 2
    assert "http" not in text and "127.0.0.1" not in text
    assert parse_lock(text).hashed


async def test_code_without_packages_needs_no_resolver(locker: Locker) -> None:
    request = lock_request("import os, json\ndef main(): pass\n", NOWHERE)
    assert await locker.lock(request) == f"# py: {OWN}\n"


async def test_requirements_of_imported_scripts_are_locked_too(index: Index, locker: Locker) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": ""})
    index.add_wheel("beta", "2.0", {"beta.py": ""})
    request = lock_request(
        "from f.lib.tools import x\nimport alpha\ndef main(): pass\n",
        index.registries(),
        f__lib__tools="import beta # pin: beta==2.0\nx = 1\n",
    )
    assert [entry.split()[0] for entry in parse_lock(await locker.lock(request)).requirements] == [
        "alpha==1.0",
        "beta==2.0",
    ]


async def test_the_resolver_is_quoted_when_it_fails(index: Index, locker: Locker) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": ""})
    code = "# requirements:\n# alpha==3\n\ndef main(): pass\n"
    with pytest.raises(LockFailed, match=r"there is no version of alpha==3"):
        await locker.lock(lock_request(code, index.registries()))


async def test_an_invalid_requirement_is_quoted(index: Index, locker: Locker) -> None:
    code = "#requirements:\n#alpha=0.4\n\ndef main(): pass\n"
    with pytest.raises(LockFailed, match=r"alpha=0\.4"):
        await locker.lock(lock_request(code, index.registries()))


async def test_an_import_that_may_not_be_read_fails_the_lock(locker: Locker) -> None:
    async def refuse(path: str) -> str | None:
        raise NotFound(f"script not found at {path}")

    request = LockRequest(
        code="from f.secret.x import y\ndef main(): pass\n",
        path="f/a/b",
        sources=refuse,
        log=CapturedOutput(),
    )
    with pytest.raises(LockFailed, match="not found at f/secret/x"):
        await locker.lock(request)


async def test_broken_code_fails_with_its_position(locker: Locker) -> None:
    with pytest.raises(LockFailed, match=r"line 2"):
        await locker.lock(lock_request("import os\nimport (\n", NOWHERE))


async def test_credentials_do_not_reach_the_message(index: Index, locker: Locker) -> None:
    registries = Registries(python_index_url=index.address.replace("//", "//someone:hunter2@"))
    with pytest.raises(LockFailed) as failure:
        await locker.lock(lock_request("import alpha\n", registries))
    assert "hunter2" not in str(failure.value)


@pytest.mark.parametrize(
    "said",
    [
        "GET http://me:p%40ss@index.test/alpha",
        "GET http://me:p@ss@index.test/alpha",
        "denied for Basic bWU6cEBzcw==",
        "denied for Bearer a-token, of ours: other-token",
        "alpha @ git+https://someone:p%40ss@code.test/alpha@v1",
        "the proxy refuses proxy-p%40ss for Basic bWU6cHJveHktcEBzcw==",
    ],
)
def test_what_a_registry_says_back_is_shown_without_credentials(
    said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "me:proxy-p%40ss@proxy.test:3128")  # also written without http://
    registries = Registries(
        python_index_url="http://me:p%40ss@index.test/",
        npm_registry_url="https://other-token@npm.test/",
        npm_scopes=("@ours=https://npm.test/:_authToken=a-token",),
    )
    output = CapturedOutput(secrets=secrets_of(registries))
    output.write(said.encode())
    shown = output.text()
    assert "***" in shown
    assert not re.search("p%40ss|p@ss|bWU6cEBzcw|bWU6cHJveHkt|token,|token$", shown)


async def test_a_python_that_is_missing_fails_and_lists_those_found(tmp_path: Path) -> None:
    locker = Locker(tmp_path, Interpreters(search_path=""), _no_tool)
    with pytest.raises(LockFailed, match=rf"satisfies ==3\.4\.\*\. Found: {re.escape(OWN)}"):
        await locker.lock(lock_request("# py: ==3.4.*\nimport alpha\n", NOWHERE))


async def test_a_range_that_the_own_python_satisfies_keeps_it(tmp_path: Path) -> None:
    locker = Locker(tmp_path, Interpreters(search_path=""), _no_tool)
    code = f"# /// script\n# requires-python = '>={OWN}'\n# ///\ndef main(): pass\n"
    assert await locker.lock(lock_request(code, NOWHERE)) == f"# py: {OWN}\n"


async def test_a_nonsense_range_is_refused_with_a_sentence(tmp_path: Path) -> None:
    locker = Locker(tmp_path, Interpreters(search_path=""), _no_tool)
    with pytest.raises(LockFailed, match="not a Python version specifier"):
        await locker.lock(lock_request("# py: newest please\n", NOWHERE))


async def test_previews_may_reuse_a_recent_answer(index: Index, locker: Locker) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": ""})
    request = lock_request("import alpha\n", index.registries())
    first = await locker.lock(request)
    index.add_wheel("alpha", "2.0", {"alpha.py": ""})
    assert await locker.lock(request, max_age_seconds=60) == first
    assert "alpha==2.0" in await locker.lock(request)


def _with_files(code: str, index: Index, **files: str) -> LockRequest:
    by_name = {"" if name == "default" else name: content for name, content in files.items()}
    return msgspec.structs.replace(lock_request(code, index.registries()), workspace_requirements=by_name)


async def test_workspace_requirements_are_named_in_the_header(index: Index, locker: Locker) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": ""})
    index.add_wheel("gamma", "3.0", {"gamma.py": ""})
    files = {"default": "alpha  # the one we use\n", "team": "gamma>=2\n"}
    lines = (await locker.lock(_with_files("import beta\ndef main(): pass\n", index, **files))).splitlines()
    assert lines[1] == "# workspace-dependencies-mode: manual"
    assert lines[2] == f"# workspace-dependencies: default:{_digest(files['default'])}"
    assert lines[3].startswith("alpha==1.0")
    code = "# requirements: team\nimport beta\ndef main(): pass\n"
    text = await locker.lock(_with_files(code, index, **files))
    assert text.splitlines()[1:3] == [
        "# workspace-dependencies-mode: manual",
        f"# workspace-dependencies: team:{_digest(files['team'])}",
    ]
    assert [entry.split()[0] for entry in parse_lock(text).requirements] == ["gamma==3.0"]


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("# requirements: team\n", "^The workspace has no requirements file named 'team'"),
        ("# extra_requirements: other\n", "takes no file name"),
        ("# requirements: other\n#six\n", "may not be followed by a list"),
    ],
)
async def test_a_file_that_cannot_be_used_fails_the_lock_with_a_sentence(
    index: Index, locker: Locker, code: str, words: str
) -> None:
    with pytest.raises(LockFailed, match=words):
        await locker.lock(_with_files(code, index, other="alpha\n"))


@pytest.mark.parametrize(
    "requirement",
    [
        "--index-url=http://evil",
        "-r /etc/passwd",
        "alpha\n-r /etc/passwd",
        "alpha @ file:///etc",
        "/etc/passwd",
        "./local",
        "alpha @ https://host/${UV_DEFAULT_INDEX}",
    ],
)
async def test_requirements_cannot_smuggle_options_files_or_variables(requirement: str) -> None:
    assert refusal(requirement)


async def test_smuggled_requirements_stop_the_lock(locker: Locker) -> None:
    code = "import alpha # pin: --index-url=http://evil\ndef main(): pass\n"
    with pytest.raises(LockFailed, match="option of the installer"):
        await locker.lock(lock_request(code, NOWHERE))


@pytest.mark.parametrize(
    ("text", "python", "requirements"),
    [
        ("", None, ()),
        ("# py: 3.12\n", (3, 12), ()),
        ("# py311\nalpha==1\n", (3, 11), ("alpha==1",)),
        ("alpha==1\nbeta==2 # via alpha\n", None, ("alpha==1", "beta==2")),
        ("# py: 3.11\nalpha==1 \\\n    --hash=sha256:b \\\n    --hash=sha256:a\n", (3, 11),
         ("alpha==1 --hash=sha256:a --hash=sha256:b",)),
        ("--index-url http://x\nalpha==1\n", None, ("alpha==1",)),
    ],
)  # fmt: skip
async def test_locks_of_every_age_are_read(
    text: str, python: tuple[int, int] | None, requirements: tuple[str, ...]
) -> None:
    lock = parse_lock(text)
    assert (lock.python, lock.requirements) == (python, requirements)


async def _no_tool(call: object) -> object:
    raise AssertionError("no tool is needed for this")


async def test_requirements_of_modules_are_locked_too(index: Index, locker: Locker) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": ""})
    request = msgspec.structs.replace(
        lock_request("from .helper import x\ndef main(): pass\n", index.registries()),
        modules={"helper.py": "import alpha\nx = 1\n", "notes.txt": "import beta\n"},
    )
    assert [entry.split()[0] for entry in parse_lock(await locker.lock(request)).requirements] == [
        "alpha==1.0"
    ]
