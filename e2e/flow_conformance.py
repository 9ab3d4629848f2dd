"""The public flow cases, and those of our own beside them, against a platform of this checkout.

    python e2e/flow_conformance.py REPORT.json [--only NAME]...

Starts ``postmill up`` and a PostgreSQL for the SQL cases, in a folder that is gone afterwards. Cases in languages
that no worker runs yet are left out, PowerShell where it is not installed.
"""

import asyncio
import json
import shutil
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "backend")]

from platform_process import Platform, running_platform  # noqa: E402

from postmill.db.embedded import EmbeddedPostgres, remove_cluster  # noqa: E402
from postmill.languages.registry import LANGUAGES  # noqa: E402
from tests.tcp_door import tcp_door  # noqa: E402

SLOTS = 24
CASES_AT_ONCE = 6
PATIENCE_SECONDS = 240
CASES = (HERE / "conformance", HERE / "semantics")


def languages() -> list[str]:
    """What the cases may be written in here."""
    return [language.name for language in LANGUAGES if language.name != "powershell" or shutil.which("pwsh")]


def command(
    platform: Platform, database: dict[str, object], cases: Path, report: Path, options: list[str]
) -> list[str]:
    known = languages()
    # The code of the Deno cases is valid for Bun as well.
    mapped = [] if "deno" in known or "bun" not in known else ["--map-language", "deno=bun"]
    return [
        sys.executable, str(HERE / "conformance" / "run_cases.py"), "--cases", str(cases),
        "--family", "flow_cases", "--base-url", platform.address, "--token", platform.token, "--workspace", "main",
        "--languages", ",".join(known), *mapped, "--set", f"postgres={json.dumps(database)}",
        "--jobs", str(CASES_AT_ONCE), "--timeout", str(PATIENCE_SECONDS), "--json", str(report), *options,
    ]  # fmt: skip


def report_in(folder: Path, cases: Path) -> Path:
    return folder / f"{cases.name}.json"


async def run(folder: Path, options: list[str]) -> int:
    """Leaves a report of each family of cases in the folder; the exit status is that of the worst."""
    server = EmbeddedPostgres(folder / "sql")
    await server.start()
    try:
        async with tcp_door(server.database_url) as (_, database):
            with running_platform(folder / "platform", workers=str(SLOTS)) as platform:
                worst = 0
                for cases in CASES:
                    words = command(platform, database, cases, report_in(folder, cases), options)
                    done = await asyncio.create_subprocess_exec(*words)
                    worst = max(worst, await done.wait())
                return worst
    finally:
        await server.stop()
        remove_cluster(folder / "sql")


def main() -> int:
    report, *options = sys.argv[1:]
    folder = Path(tempfile.mkdtemp(prefix="postmill-flows-"))
    try:
        code = asyncio.run(run(folder, options))
        parts = [report_in(folder, cases) for cases in CASES]
        outcomes = [outcome for part in parts if part.exists() for outcome in json.loads(part.read_text())]
        Path(report).write_text(json.dumps(outcomes, indent=2))
        return code
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
