"""Requirements of Python scripts beyond the shared cases."""

import pytest

from postmill.signatures.annotations import python_annotations
from postmill.signatures.python_imports import reachable_imports, relative_imports
from postmill.signatures.python_packages import canonical, package_of
from postmill.signatures.python_requirements import (
    InvalidRequirements,
    python_requirements,
    requirement_lines,
)


def packages(code: str, **scripts: str) -> list[str]:
    sources = {path.replace("__", "/"): source for path, source in scripts.items()}
    return sorted(python_requirements(code, "f/test/main", sources).packages)


@pytest.mark.parametrize(
    ("module", "package"),
    [
        ("os.path", None),
        ("distutils.core", None),
        ("psycopg2", "psycopg2-binary"),
        ("psycopg.rows", "psycopg[binary, pool]"),
        ("yaml", "pyyaml"),
        ("PIL.Image", "Pillow"),
        ("cv2", "opencv-python"),
        ("sklearn.linear_model", "scikit-learn"),
        ("bs4", "bs4"),
        ("google.cloud.storage", "google-cloud-storage"),
        ("google.cloud.bigquery_storage", "google-cloud-bigquery-storage"),
        ("google.oauth2.service_account", "google-auth"),
        ("googleapiclient.discovery", "google-api-python-client"),
        ("azure.storage.blob", "azure-storage-blob"),
        ("azure.identity.aio", "azure-identity"),
        ("some_thing.sub", "some-thing"),
        ("google.cloud.storage_v1.types", "google-cloud-storage"),
        ("snowflake.connector", "snowflake-connector-python"),
        ("test.support", None),
        ("__main__", None),
        ("google.genai.types", "google-genai"),
        ("google.cloud.devtools.cloudbuild_v1", "google-cloud-build"),
        ("google.type.date_pb2", "googleapis-common-protos"),
        ("azure.containerregistry.aio", "azure-containerregistry"),
        ("azure.keyvault.secrets.aio", "azure-keyvault-secrets"),
        ("opentelemetry.trace", "opentelemetry-api"),
        ("opentelemetry.instrumentation.requests", "opentelemetry-instrumentation-requests"),
        ("airflow.providers.amazon.aws", "apache-airflow-providers-amazon"),
        ("llama_index", "llama-index"),
        ("llama_index.llms.openai", "llama-index-llms-openai"),
        ("zope.interface", "zope.interface"),
        ("aliyunsdkecs.request", "aliyun-python-sdk-ecs"),
        ("pythonjsonlogger", "python-json-logger"),
        ("_pytest.config", "pytest"),
        ("__no_index", "no-index"),
    ],
)
def test_packages_of_modules(module: str, package: str | None) -> None:
    assert package_of(module) == package


def test_namespaces_name_packages_by_what_is_imported() -> None:
    assert packages("from google.cloud import storage, bigquery\n") == [
        "google-cloud-bigquery",
        "google-cloud-storage",
    ]
    assert packages("from azure.storage import blob\n") == ["azure-storage-blob"]
    assert packages("from snowflake import connector, snowpark\nfrom databricks import sql\n") == [
        "databricks-sql-connector",
        "snowflake-connector-python",
        "snowflake-snowpark-python",
    ]
    assert packages("from opentelemetry import trace\n") == ["opentelemetry-api"]


def test_a_list_ends_at_the_first_line_that_is_no_requirement() -> None:
    code = "#requirements:\n#burkina=0.4\n#nigeria\n#\n#congo\nimport pandas\n"
    assert packages(code) == ["burkina=0.4", "nigeria"]
    assert packages("# requirements:\n# httpx >= 0.27, < 1\n# this is prose\n# six\n") == ["httpx>=0.27,<1"]


def test_a_list_takes_markers_addresses_hashes_and_comments() -> None:
    code = """# requirements:
# six; python_version < '3.12' # old ones
# idna @ https://index.test/idna.whl
# httpx[http2]==0.27 --hash=sha256:ab --hash=sha256:cd
# extra_requirements:
# none
"""
    assert packages(code) == [
        "httpx[http2]==0.27",
        "idna@https://index.test/idna.whl",
        "six; python_version < '3.12'",
    ]


def test_a_list_may_stand_anywhere() -> None:
    assert packages("import pandas\ndef main(): pass\n\n#requirements:\n#six\n") == ["six"]


def test_options_of_the_installer_do_not_end_a_list() -> None:
    assert packages("#requirements:\n#--index-url https://x.test\n# -i https://y.test\n#six\n") == ["six"]


@pytest.mark.parametrize(
    "code",
    [
        "#requirements:\n# six >=1 , " + "<2 " * 2000 + "!\n",
        "#requirements:\n# six" + " --hash=x" * 9000 + " !\n",
        "# /// script\n" * 20000,
        "import six # pin: " + " " * 20000 + "\n",
    ],
)
def test_comments_of_any_length_are_read_in_one_go(code: str) -> None:
    assert packages(code) in ([], ["six"])


def test_a_metadata_block_reaches_to_the_last_end_of_its_comment() -> None:
    assert packages('# /// script\n# dependencies = ["six"]\n# ///\n\n# ///\nimport idna\n') == ["six"]
    assert packages("# /// script\n# ///\nimport idna\n") == ["idna"]
    assert packages(
        '# /// tool\n# x = 1\n# ///\n#/// script\n# dependencies = ["six"]\n# ///\nimport a\n'
    ) == ["a"]


def test_pins_in_a_namespace_hold_for_one_of_its_packages() -> None:
    code = (
        "from google.cloud import storage # pin: google-cloud-storage==2\nfrom google.cloud import bigquery\n"
    )
    assert packages(code) == ["google-cloud-bigquery", "google-cloud-storage==2"]
    assert packages("import cv2.data # pin: headless==4\nimport cv2\n") == ["headless==4"]


def test_windows_line_ends() -> None:
    assert packages("#requirements:\r\n#six==1.0\r\n#idna\r\n\r\nimport x\r\n") == ["idna", "six==1.0"]


def test_inline_metadata() -> None:
    code = '# /// script\n# requires-python = ">=3.11"\n# dependencies = [\n#   "six<2",\n# ]\n# ///\nimport pandas\n'
    found = python_requirements(code, "f/a/b", {})
    assert found.packages == ("six<2",)
    assert found.python == (">=3.11",)


def test_inline_metadata_without_dependencies_leaves_the_imports() -> None:
    assert packages('# /// script\n# requires-python = ">=3.11"\n# ///\nimport pandas\n') == ["pandas"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("# requirements: one two\n", "one name"),
        ("# extra_requirements: one\n", "no file name"),
        ("# requirements: data\n# six\n", "may not be followed"),
        ("# requirements: missing\n", "no requirements file named 'missing'"),
        ("# /// script\n# dependencies = [\n# ///\n", "not valid TOML"),
        ("# /// script\n# dependencies = 'six'\n# ///\n", "list of texts"),
    ],
)
def test_contradictions_are_refused(code: str, message: str) -> None:
    with pytest.raises(InvalidRequirements, match=message):
        python_requirements(code, "f/a/b", {}, {"data": "idna"})


def test_the_workspace_file_comes_before_imports_and_after_comments() -> None:
    files = {"default": "idna==3.1  # why\n--index-url http://x\n", "data": "pandas\n"}
    plain = python_requirements("import six\n", "f/a/b", {}, files)
    assert (plain.packages, plain.workspace_files) == (("idna==3.1",), ("default",))
    named = python_requirements("# requirements: data\nimport six\n", "f/a/b", {}, files)
    assert (named.packages, named.workspace_files) == (("pandas",), ("data",))
    assert python_requirements("# requirements:\n# six\n", "f/a/b", {}, files).packages == ("six",)


def test_overrides_beat_pins_beat_imports() -> None:
    assert packages("import six # pin: six==1\nimport six\n") == ["six==1"]
    assert packages("import six # pin: six==1\nimport six # repin: six==2\n") == ["six==2"]
    assert packages("import a # pin: six==1\nimport b # pin: six==1\n") == ["six==1"]
    assert packages("# extra_requirements:\n# opencv-python==4\n\nimport cv2\n") == ["opencv-python==4"]


def test_python_versions_of_imported_scripts_count() -> None:
    found = python_requirements(
        "# py: >=3.11\nfrom f.lib.a import x\n", "f/a/b", {"f/lib/a": "# py: <3.13\nx = 1\n"}
    )
    assert found.python == (">=3.11", "<3.13")


def test_imports_in_circles_end() -> None:
    scripts = {
        "f__a__x": "from f.a.y import b\nimport six\n",
        "f__a__y": "from f.a.x import c\nimport idna\n",
    }
    assert packages("from f.a.x import b\n", **scripts) == ["idna", "six"]


def test_a_name_below_a_folder_may_be_the_script() -> None:
    assert packages("from f.lib import tools\n", f__lib__tools="import six\n") == ["six"]
    assert packages("from f.lib.deep import tools\n", f__lib__deep__tools="import six\n") == ["six"]


def test_an_unreadable_import_is_named() -> None:
    with pytest.raises(InvalidRequirements, match="f/lib/a cannot be read"):
        packages("from f.lib.a import x\n", f__lib__a="def (\n")


def test_code_broken_below_main_still_tells_its_imports() -> None:
    assert packages("import six\ndef main():\n    return (\n") == ["six"]


@pytest.mark.parametrize(
    ("code", "path", "expected"),
    [
        ("from . import a, b\n", "f/x/y", ["f/x/a", "f/x/b"]),
        ("from .. import a\n", "f/x/y/z", ["f/x/a"]),
        ("from f.x import a\n", "u/bob/y", ["f/x/a"]),
        ("from ....a import b\n", "f/x/y", []),
        ("import f.a.b as c, u.q.w\n", "f/x/y", ["f/a/b", "u/q/w"]),
        ("from ufo.x.y import b\nfrom fa.b import c\n", "f/x/y", []),
        ("def main():\n    from .a import b\n", "f/x/y", []),
        ("from .a import *\n", "f/x/y", ["f/x/a"]),
    ],
)
def test_relative_imports(code: str, path: str, expected: list[str]) -> None:
    assert relative_imports(code, path) == expected


def test_a_run_reaches_imports_inside_functions_too() -> None:
    code = """
from .a import b
def main():
    from f.lib.c import d
    try:
        import u.bob.e
    except ImportError: pass
"""
    assert reachable_imports(code, "f/x/y") == ["f/x/a", "f/x/a/b", "f/lib/c", "f/lib/c/d", "u/bob/e"]


def test_python_annotations() -> None:
    notes = python_annotations(
        "#!/usr/bin/env python\n\n# py: >=3.11, <3.13\n#py312\n# py_select_latest\n"
        "import x\n# skip_result_postprocessing\n"
    )
    assert notes.python == (">=3.11,<3.13", "==3.12.*")
    assert notes.newest_python and not notes.skip_result_postprocessing


def test_requirement_files() -> None:
    text = "six==1\\\n--hash=sha256:a\n# comment\n-r other.txt\nidna # why\n\n"
    assert requirement_lines(text) == ["six==1 --hash=sha256:a", "idna"]


@pytest.mark.parametrize(
    ("requirement", "name"),
    [("Foo_Bar[x]>=1", "foo-bar"), ("a.b", "a-b"), ("git+https://x/y", "git+https://x/y")],
)
def test_canonical_names(requirement: str, name: str) -> None:
    assert canonical(requirement) == name


def test_what_modules_need_counts_unless_the_script_lists_its_requirements() -> None:
    modules = {
        "f/a/helper": "import six\n",
        "f/a/parts/__init__": "from .x import y\n",
        "f/a/parts/x": "import idna\n",
    }
    asked: list[str] = []

    def scripts(path: str) -> str | None:
        asked.append(path)
        return None

    code = "from .helper import x\nimport requests\n"
    found = python_requirements(code, "f/a/b", scripts, modules=modules)
    assert (sorted(found.packages), asked) == (["idna", "requests", "six"], [])
    listed = python_requirements("# requirements:\n# rich\n", "f/a/b", scripts, modules=modules)
    assert listed.packages == ("rich",)
    with pytest.raises(InvalidRequirements, match="the module f/a/bad cannot be read"):
        python_requirements(code, "f/a/b", scripts, modules={"f/a/bad": "def ("})
