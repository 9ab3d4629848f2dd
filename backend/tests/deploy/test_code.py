"""What is read in code when it is deployed, without a database."""

import pytest

from postmill.deploy.reading_code import given_lock, lock_without_job, read_code
from postmill.deploy.unpinned import unpinned
from postmill.kernel.errors import InvalidInput

PATH = "u/alice/s"


@pytest.mark.parametrize(
    ("language", "code", "needs_job"),
    [
        ("python3", "import os, json\ndef main(): pass", False),
        ("python3", "import requests\ndef main(): pass", True),
        ("python3", "from u.alice.other import x\ndef main(): pass", True),
        ("python3", "def main():\n    from f.team.other import x", True),
        ("python3", "# py: >=3.12\ndef main(): pass", True),
        ("python3", "#requirements:\n#six\ndef main(): pass", True),
        ("python3", "# requirements: team\ndef main(): pass", True),
        ("python3", "# /// script\n# dependencies = ['six']\n# ///\ndef main(): pass", True),
        ("bash", "echo", False),
        ("postgresql", "select 1", False),
        ("go", "package inner", True),
    ],
)
def test_a_lock_needs_a_job_only_where_something_has_to_be_resolved(
    language: str, code: str, needs_job: bool
) -> None:
    assert (lock_without_job(language, code, PATH, has_default_requirements=False) is None) is needs_job


def test_default_requirements_concern_scripts_that_import_nothing_too() -> None:
    assert lock_without_job("python3", "def main(): pass", PATH, has_default_requirements=True) is None


def test_every_reachable_import_is_in_the_dependency_map_but_the_script_itself() -> None:
    code = (
        "from f.team.lib import a\nfrom .near import b\nimport u.alice.s\n"
        "def main():\n    from ..bob.far import c\n"
    )
    facts = read_code("python3", code, PATH, None)
    assert {"f/team/lib", "u/alice/near", "u/bob/far"} <= set(facts.imports)
    assert PATH not in facts.imports


def test_unreadable_code_names_the_place_unless_it_names_a_python_of_its_own() -> None:
    broken = "def main(:\n    pass\n"
    with pytest.raises(InvalidInput, match="line 1, column"):
        read_code("python3", broken, PATH, None)
    assert read_code("python3", "# py: >=3.14\n" + broken, PATH, None).schema is None
    assert read_code("rust", "fn (", PATH, None).schema is None


@pytest.mark.parametrize(
    ("language", "lock", "kept"),
    [
        ("python3", "six==1", "six==1"),
        ("python3", ["six==1", "idna==2"], "six==1\nidna==2"),
        ("python3", "", None),
        ("python3", [], None),
        ("python3", " \n", None),
        ("bash", "anything", None),
    ],
)
def test_a_lock_is_given_as_text_or_lines(language: str, lock: str | list[str], kept: str | None) -> None:
    assert given_lock(language, lock) == kept


@pytest.mark.parametrize(
    ("code", "plain"),
    [
        ('import x from "lodash@4.17.21"', 'import x from "lodash"'),
        ("import * as x from '@scope/name@^1.0/deep.ts'", "import * as x from '@scope/name/deep.ts'"),
        ('await import("a@1")', 'await import("a")'),
        ('const x = require("a@latest")', 'const x = require("a")'),
        ('import "./a@b.ts"', 'import "./a@b.ts"'),
        ('const mail = "me@example.com"', 'const mail = "me@example.com"'),
        ('import x from "@scope/name"', 'import x from "@scope/name"'),
    ],
)
def test_versions_leave_the_npm_imports_and_nothing_else(code: str, plain: str) -> None:
    assert unpinned(code) == plain
