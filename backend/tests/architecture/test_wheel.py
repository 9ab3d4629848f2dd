"""What is installed holds all that is needed: statements, programs for inside the wall, built web UI, manual."""

from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

from postmill.manual.pages import SHELVES

ROOT = Path(__file__).parents[3]
PACKAGE = ROOT / "backend" / "postmill"
MANUAL = Path("postmill/manual/pages")
BUILT = ("__pycache__", "web")
"""Folders that come and go while tests run."""


def test_the_wheel_holds_the_package_and_nothing_else() -> None:
    builder = WheelBuilder(str(ROOT))
    included = {Path(file.distribution_path) for file in builder.recurse_included_files()}
    there = {path.relative_to(PACKAGE.parent) for path in PACKAGE.rglob("*") if path.is_file()}
    manual = {path for path in included if path.is_relative_to(MANUAL)}
    assert _sources(included) - manual == _sources(there)
    assert {path.relative_to(MANUAL) for path in manual} == {
        path.relative_to(ROOT / "docs") for shelf in SHELVES for path in (ROOT / "docs" / shelf).rglob("*.md")
    }
    assert Path("postmill/tables/jobs/queue.sql") in included
    assert builder.config.path_is_artifact("backend/postmill/http/web/index.html")


def _sources(files: set[Path]) -> set[Path]:
    return {path for path in files if not set(BUILT) & set(path.parts)}
