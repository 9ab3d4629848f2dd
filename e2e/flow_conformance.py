"""The public flow cases against a platform of this checkout.

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


def languages() -> list[str]:
    """What the cases may be written in here."""
    return [language.name for language in LANGUAGES if language.name != "powershell" or shutil.which("pwsh")]


def command(platform: Platform, database: dict[str, object], report: str, options: list[str]) -> list[str]:
    known = languages()
    # The code of the Deno cases is valid for Bun as well.
    mapped = [] if "deno" in known or "bun" not in known else ["--map-language", "deno=bun"]
    return [
        sys.executable, str(HERE / "conformance" / "run_cases.py"),
        "--family", "flow_cases", "--base-url", platform.address, "--token", platform.token, "--workspace", "main",
        "--languages", ",".join(known), *mapped, "--set", f"postgres={json.dumps(database)}",
        "--jobs", str(CASES_AT_ONCE), "--json", report, *options,
    ]  # fmt: skip


async def run(folder: Path, report: str, options: list[str]) -> int:
    server = EmbeddedPostgres(folder / "sql")
    await server.start()
    try:
        async with tcp_door(server.database_url) as (_, database):
            with running_platform(folder / "platform", workers=str(SLOTS)) as platform:
                done = await asyncio.create_subprocess_exec(*command(platform, database, report, options))
                return await done.wait()
    finally:
        await server.stop()
        remove_cluster(folder / "sql")


def main() -> int:
    report, *options = sys.argv[1:]
    folder = Path(tempfile.mkdtemp(prefix="postmill-flows-"))
    try:
        return asyncio.run(run(folder, report, options))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
