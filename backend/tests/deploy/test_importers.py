"""What a changed lock does to the scripts that import the one it belongs to."""

from collections.abc import Sequence

from postmill.crypto.workspace_keys import Keyring
from postmill.db.pool import Pool
from postmill.deploy.create import create_script
from postmill.deploy.locking import record_lock, record_lock_error
from postmill.identity.first_start import ensure_first_admin
from postmill.kernel.settings import Settings
from postmill.model.script import NewScript, Script
from postmill.model.subject import Subject
from postmill.tables.items import script as scripts
from postmill.tables.people.workspace_member import load_subject

LIBRARY = "import requests\n\ndef helper():\n    return 1\n"
IMPORTER = "from f.team.lib import helper\n\ndef main():\n    return helper()\n"


async def _admin(database: Pool) -> Subject:
    await ensure_first_admin(database, Keyring(b"k" * 32), Settings(admin_password="a long password"))
    subject = await load_subject(database, "main", "u/admin", "admin@example.com")
    assert subject is not None
    return subject


async def _deploy(database: Pool, subject: Subject, path: str, code: str) -> int:
    new = NewScript(path=path, content=code, language="python3", auto_parent=True)
    return await create_script(database, subject, "main", new)


async def _lock(database: Pool, script_hash: int, lock: str) -> None:
    async with database.acquire() as connection, connection.transaction():
        await record_lock(connection, "main", script_hash, lock)


async def _queued(database: Pool, after: Sequence[str] = ()) -> list[str]:
    """Paths whose lock jobs are queued, beyond those seen before."""
    rows = await database.fetch("select path from job where kind = 'dependencies' order by id")
    return [row["path"] for row in rows][len(after) :]


async def _deployed(database: Pool, path: str) -> Script:
    script = await scripts.deployed_version(database, "main", path)
    assert script is not None
    return script


async def test_a_redeploy_locks_the_importers_again_when_its_lock_changed(database: Pool) -> None:
    admin = await _admin(database)
    library = await _deploy(database, admin, "f/team/lib", LIBRARY)
    await _lock(database, library, "requests==1")
    importer = await _deploy(database, admin, "f/team/main", IMPORTER)
    await _lock(database, importer, "requests==1")
    seen = await _queued(database)
    assert seen == ["f/team/lib", "f/team/main"]

    library = await _deploy(database, admin, "f/team/lib", LIBRARY + "# 2\n")
    await _lock(database, library, "requests==1")
    assert await _queued(database, seen) == ["f/team/lib"]

    library = await _deploy(database, admin, "f/team/lib", LIBRARY + "# 3\n")
    await _lock(database, library, "requests==2")
    assert await _queued(database, seen) == ["f/team/lib", "f/team/lib", "f/team/main"]
    await _lock(database, importer, "requests==2")
    again = await _deployed(database, "f/team/main")
    assert (again.lock, again.content, again.parent_hashes[0]) == ("requests==2", IMPORTER, importer)
    assert again.hash != importer
    kept = await scripts.by_hash(database, "main", importer)
    assert kept is not None
    assert kept.lock == "requests==1"


async def test_the_wave_passes_through_imports_of_imports_and_ends_in_circles(database: Pool) -> None:
    admin = await _admin(database)
    code = {
        "u/admin/a": "import requests\nfrom u.admin.b import x\ndef main(): pass\n",
        "u/admin/b": "import requests\nfrom u.admin.a import x\ndef main(): pass\n",
    }
    for path, text in code.items():
        await _deploy(database, admin, path, text)
    waiting = ["u/admin/a", "u/admin/b"]
    rounds = 0
    seen: list[str] = await _queued(database)
    while waiting:
        rounds += 1
        assert rounds < 10
        head = await scripts.head(database, "main", waiting.pop(0))
        assert head is not None
        await _lock(database, head.hash, "requests==1")
        more = await _queued(database, seen)
        seen, waiting = seen + more, waiting + more
    assert (await _deployed(database, "u/admin/a")).lock == "requests==1"
    assert (await _deployed(database, "u/admin/b")).lock == "requests==1"


async def test_a_failed_importer_is_tried_again_when_what_it_imports_appears(database: Pool) -> None:
    admin = await _admin(database)
    importer = await _deploy(database, admin, "f/team/main", IMPORTER)
    async with database.acquire() as connection, connection.transaction():
        await record_lock_error(connection, "main", importer, "no script f/team/lib")
    seen = await _queued(database)
    library = await _deploy(database, admin, "f/team/lib", "def helper():\n    return 1\n")
    assert await _queued(database, seen) == ["f/team/main"]
    assert (await scripts.by_hash(database, "main", library)) is not None
    await _lock(database, importer, "# py: 3.11\n")
    healed = await _deployed(database, "f/team/main")
    assert (healed.hash, healed.lock_error_logs) == (importer, None)


async def test_a_late_lock_does_not_touch_a_newer_version_or_a_deleted_one(database: Pool) -> None:
    admin = await _admin(database)
    first = await _deploy(database, admin, "f/team/lib", LIBRARY)
    await _lock(database, first, "requests==1")
    second = await _deploy(database, admin, "f/team/lib", LIBRARY + "# 2\n")
    await _lock(database, first, "requests==9")
    assert (await _deployed(database, "f/team/lib")).hash == first
    await _lock(database, second, "requests==2")
    assert (await _deployed(database, "f/team/lib")).hash == second
    await database.execute("update script set deleted = true")
    await _lock(database, second, "requests==3")
