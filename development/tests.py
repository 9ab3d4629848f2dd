"""`./dev test`: the suites one after the other, each with its own runner, and one closing line for all of them."""

import json
import shutil
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from commands import status
from places import FRONTEND, PYTHON, REPORTS, ROOT, Stop, say
from system_packages import ensure_browser, ensure_mariadb
from web import ensure_web, npm

# What kills processes and lets leases end, or fills the machine on purpose, has it for itself.
ALONE = ("faults", "two_servers", "runs")
CONFORMANCE = Path("e2e") / "conformance"
SEMANTICS = Path("e2e") / "semantics"
FLOW_CONFORMANCE = Path("e2e") / "flow_conformance.py"
# More failed tests than this are no matter of a crowded machine.
AT_MOST_AGAIN = 5
CONFORMANCE_CASES = (
    *("python3/*", "bash/*", "python_*"),
    *("go/*", "powershell/*"),
    *("bun/*", "nativets/*", "typescript_*"),
    *(
        "postgresql/*",
        "mysql/*",
        "mssql/*",
        "bigquery/*",
        "snowflake/*",
        "oracledb/*",
        "duckdb/*",
        "graphql/*",
    ),
)


@dataclass
class Tally:
    """What became of the tests.

    ``broken`` names runners that failed without a failed test, ``unsteady`` the passed tests that failed at first.
    """

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    broken: tuple[str, ...] = ()
    unsteady: tuple[str, ...] = ()

    def __add__(self, other: "Tally") -> "Tally":
        return Tally(
            self.passed + other.passed,
            self.failed + other.failed,
            self.skipped + other.skipped,
            self.broken + other.broken,
            self.unsteady + other.unsteady,
        )

    def sentence(self, seconds: float) -> str:
        parts = [f"{self.passed} passed"]
        parts += [f"{self.failed} failed"] if self.failed else []
        parts += [f"{self.skipped} skipped"] if self.skipped else []
        parts += [f"broken: {', '.join(self.broken)}"] if self.broken else []
        return f"{', '.join(parts)} in {seconds:.0f} s"


def test(arguments: list[str]) -> int:
    """Run the suites that the paths among the arguments choose, all of them without a path."""
    started = time.monotonic()
    options = [argument for argument in arguments if argument.startswith("-")]
    paths = [argument for argument in arguments if not argument.startswith("-")]
    tally = Tally()
    for name, suite in _chosen(paths, options).items():
        say(f"testing {name}")
        tally += suite()
    for name in tally.unsteady:
        say(f"passed only when it ran again by itself, which is a race to mend: {name}")
    print(tally.sentence(time.monotonic() - started))
    return 1 if tally.failed or tally.broken or not tally.passed else 0


def _chosen(paths: list[str], options: list[str]) -> dict[str, Callable[[], Tally]]:
    if not paths:
        # Asked for before an hour of tests, not after it.
        ensure_browser()
        ensure_mariadb()
        return {
            "the backend": lambda: _pytest("backend", ["backend/tests", *options], processes=2, again=True),
            "the frontend": _vitest,
            "conformance": _conformance,
            "the whole, end to end": lambda: _end_to_end([], options),
        }
    chosen: dict[str, Callable[[], Tally]] = {}
    relative = [_inside(path) for path in paths]
    backend = [str(path) for path in relative if path.parts[0] == "backend"]
    whole = [str(path) for path in relative if path.parts[0] == "e2e" and not _is_conformance(path)]
    if any(
        path.startswith("backend/tests/languages") or "backend/tests".startswith(path) for path in backend
    ):
        ensure_mariadb()
    if backend:
        chosen["the backend"] = lambda: _pytest("backend", [*backend, *options], processes=0)
    if any(path.parts[0] == "frontend" for path in relative):
        chosen["the frontend"] = _vitest
    if any(_is_conformance(path) for path in relative):
        chosen["conformance"] = _conformance
    if whole:
        chosen["the whole, end to end"] = lambda: _end_to_end(whole, options)
    if not chosen:
        raise Stop(
            f"no tests are known for {', '.join(paths)}; tests live in backend/tests, frontend and e2e"
        )
    return chosen


def _inside(path: str) -> Path:
    file = Path(path.partition("::")[0]).resolve()
    if not file.exists() or not file.is_relative_to(ROOT) or file == ROOT:
        raise Stop(f"{path} is not a file or folder of this checkout")
    return Path(str(file.relative_to(ROOT)) + path[len(path.partition("::")[0]) :])


def _is_conformance(path: Path) -> bool:
    return path.is_relative_to(CONFORMANCE) or path.is_relative_to(SEMANTICS)


def _pytest(name: str, arguments: list[str], *, processes: int, again: bool = False) -> Tally:
    """Run tests, and those few that fail once more by themselves where ``again`` is set."""
    # Files go out in the order that the conftest of their tests gives them.
    spread = ("-n", str(processes), "--dist=loadfile", "--no-loadscope-reorder") if processes else ()
    remembered = REPORTS / f"{name}-cache"
    shutil.rmtree(remembered, ignore_errors=True)
    options = (*spread, "-o", f"cache_dir={remembered}", *arguments)
    tally = _pytest_once(name, options)
    failed = remembered / "v" / "cache" / "lastfailed"
    if not (again and 0 < tally.failed <= AT_MOST_AGAIN):
        return tally
    # Without a name the one that failed ended its process, and has passed since in another.
    second = Tally()
    if failed.exists():
        say(f"running what failed in {name} again, by itself")
        same = ("--last-failed", "-o", f"cache_dir={remembered}", *arguments)
        second = _pytest_once(f"{name}-again", same)
    unsteady = set(_failed_in(name)) - set(_failed_in(f"{name}-again") if second.failed else ())
    passed, skipped = tally.passed + second.passed, tally.skipped + second.skipped
    return Tally(passed, second.failed, skipped, second.broken, tuple(sorted(unsteady)))


def _pytest_once(name: str, options: Sequence[str]) -> Tally:
    report = _fresh_report(f"{name}.xml")
    code = status(PYTHON, "-m", "pytest", f"--junitxml={report}", *options)
    tally = Tally()
    if report.exists():
        for suite in ElementTree.parse(report).getroot().iter("testsuite"):
            failed = int(suite.get("failures", 0)) + int(suite.get("errors", 0))
            skipped = int(suite.get("skipped", 0))
            tally += Tally(int(suite.get("tests", 0)) - failed - skipped, failed, skipped)
    return _or_broken(name, tally, code)


def _failed_in(name: str) -> list[str]:
    """The failed tests of a report, as they are named there."""
    cases = ElementTree.parse(REPORTS / f"{name}.xml").getroot().iter("testcase")
    return [
        f"{case.get('classname')}.{case.get('name')}"
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    ]


def _vitest() -> Tally:
    if not (FRONTEND / "package.json").exists():
        return Tally()
    report = _fresh_report("frontend.json")
    code = status(
        *npm("run", "test", "--", "--reporter=default", "--reporter=json", f"--outputFile={report}")
    )
    tally = Tally()
    if report.exists():
        said = json.loads(report.read_text())
        tally = Tally(said["numPassedTests"], said["numFailedTests"], said["numPendingTests"])
    return _or_broken("frontend", tally, code)


def _conformance() -> Tally:
    """The public cases of schemas and imports, through the command line of this checkout."""
    report = _fresh_report("conformance.json")
    code = status(
        *(PYTHON, CONFORMANCE / "run_cases.py", "--json", report),
        *(word for pattern in CONFORMANCE_CASES for word in ("--only", pattern)),
        *("--family", "schema_cases", "--family", "import_cases"),
        *("--schema-cmd", "./dev postmill infer-schema", "--imports-cmd", "./dev postmill infer-imports"),
    )
    return _or_broken("conformance", _conformance_tally(report), code) + _flow_conformance()


def _flow_conformance() -> Tally:
    """The public cases of flows, against a platform of their own."""
    report = _fresh_report("flow-conformance.json")
    code = status(PYTHON, FLOW_CONFORMANCE, report)
    return _or_broken("flow conformance", _conformance_tally(report), code)


def _conformance_tally(report: Path) -> Tally:
    if not report.exists():
        return Tally()
    outcomes = [case["status"] for case in json.loads(report.read_text())]
    return Tally(outcomes.count("passed"), outcomes.count("failed"), outcomes.count("skipped"))


def _end_to_end(paths: list[str], options: list[str]) -> Tally:
    """Real clients, a real browser and real kills, against platforms that the tests start."""
    files = sorted((ROOT / "e2e").glob("**/test_*.py"))
    if not files:
        return Tally()
    ensure_browser()
    ensure_web()
    if paths:
        return _pytest("e2e", [*paths, *options], processes=0)
    alone = [f"e2e/{folder}" for folder in ALONE]
    beside = [f"--ignore={folder}" for folder in alone]
    # One process more than none, so that a test that hangs ends that one and not the run.
    return _pytest("e2e", ["e2e", *beside, *options], processes=2, again=True) + _pytest(
        "e2e-alone", [*alone, *options], processes=1, again=True
    )


def _fresh_report(name: str) -> Path:
    REPORTS.mkdir(parents=True, exist_ok=True)
    report = REPORTS / name
    report.unlink(missing_ok=True)
    return report


def _or_broken(name: str, tally: Tally, code: int) -> Tally:
    if code != 0 and not tally.failed:
        tally += Tally(broken=(f"{name} (status {code})",))
    return tally
