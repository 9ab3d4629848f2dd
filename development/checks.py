"""`./dev check` and what it verifies: every check runs, the failed ones are named at the end."""

from collections.abc import Callable
from pathlib import Path

from commands import read, status
from places import BIN, FRONTEND, PYTHON, ROOT, say
from web import npm

SOURCES = ("backend", "bench", "development", "e2e", "packaging")
GENERATED = {
    "contracts/openapi.json": "postmill.http.openapi",
    "contracts/languages.json": "postmill.languages.contract",
    "frontend/src/api/contract.ts": "postmill.http.contract_types",
}

# Parts of pages, between `<!-- generated: MODULE -->` and `<!-- end -->`.
GENERATED_PARTS = {"docs/explanation/flows.md": "postmill.flow_logic.diagram"}


def check() -> int:
    """Run every check; 0 when all pass."""
    checks: dict[str, Callable[[], bool]] = {
        "format": lambda: _passes(BIN / "ruff", "format", "--check", "--quiet", *_sources()),
        "lint": lambda: _passes(BIN / "ruff", "check", "--quiet", *_sources()),
        "types": lambda: _passes(PYTHON, "-m", "mypy"),
        "floors": lambda: _passes(BIN / "lint-imports", "--no-cache"),
        "contracts": _contracts_are_current,
    }
    if (FRONTEND / "package.json").exists():
        checks["frontend lint"] = lambda: _passes(*npm("run", "--silent", "lint"))
        checks["frontend types"] = lambda: _passes(*npm("run", "--silent", "typecheck"))
    failed = [name for name, passes in checks.items() if not _said(name, passes)]
    if failed:
        print(f"{len(checks) - len(failed)} checks passed, {len(failed)} failed: {', '.join(failed)}")
        return 1
    print(f"{len(checks)} checks passed")
    return 0


def format_sources() -> int:
    """Format and repair what can be repaired without thinking."""
    results = [
        status(BIN / "ruff", "format", "--quiet", *_sources()),
        status(BIN / "ruff", "check", "--quiet", "--fix", *_sources()),
    ]
    if (FRONTEND / "package.json").exists():
        results.append(status(*npm("run", "--silent", "format")))
    return max(results)


def write_contracts() -> int:
    """Write every generated file."""
    for path, module in GENERATED.items():
        text = read(PYTHON, "-m", module)
        if text is None:
            say(f"{path} cannot be generated: `python -m {module}` failed")
            return 1
        (ROOT / path).parent.mkdir(exist_ok=True)
        (ROOT / path).write_text(text)
        say(f"wrote {path}")
    for path, module in GENERATED_PARTS.items():
        page = _page_with_part(path, module)
        if page is None:
            say(f"{path} cannot be generated: `python -m {module}` failed")
            return 1
        (ROOT / path).write_text(page)
        say(f"wrote {path}")
    return 0


def _page_with_part(path: str, module: str) -> str | None:
    """The page with its generated part as the code says it."""
    text = read(PYTHON, "-m", module)
    if text is None:
        return None
    before, start, rest = (ROOT / path).read_text().partition(f"<!-- generated: {module} -->\n")
    _, end, after = rest.partition("<!-- end -->\n")
    return f"{before}{start}\n```mermaid\n{text}```\n\n{end}{after}"


def _contracts_are_current() -> bool:
    for path, module in GENERATED.items():
        file = ROOT / path
        if not file.exists() or read(PYTHON, "-m", module) != file.read_text():
            say(f"{path} is not what the code says; run `./dev contracts`")
            return False
    for path, module in GENERATED_PARTS.items():
        if _page_with_part(path, module) != (ROOT / path).read_text():
            say(f"{path} is not what the code says; run `./dev contracts`")
            return False
    return True


def _said(name: str, passes: Callable[[], bool]) -> bool:
    say(f"checking {name}")
    return passes()


def _passes(*arguments: str | Path) -> bool:
    return status(*arguments) == 0


def _sources() -> list[str]:
    return [name for name in SOURCES if (ROOT / name).exists()]
