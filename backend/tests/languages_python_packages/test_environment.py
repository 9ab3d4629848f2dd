"""Environments installed by the real installer: what is in them, who shares them, how they go."""

import asyncio
import os
import sys
import tarfile
from io import BytesIO
from pathlib import Path

import pytest

from postmill.languages.protocol import InstallFailed
from postmill.languages.python.environment import Environments, preimports
from postmill.languages.python.interpreters import Interpreters
from postmill.languages.python.lock import Locker
from postmill.languages.tool import CapturedOutput, ToolCall, ToolEnd
from tests.plain_tool import plain_tool

from .conftest import Index, lock_request


async def test_what_is_locked_can_be_imported(
    index: Index, locker: Locker, environments: Environments
) -> None:
    index.add_wheel("alpha", "1.0", {"alpha/__init__.py": "value = 42\n"})
    lock = await locker.lock(lock_request("import alpha\n", index.registries()))
    environment = await environments.ensure(lock, index.registries(), CapturedOutput())
    assert environment.site is not None
    code = "import sys; sys.path.append(sys.argv[1]); import alpha; print(alpha.value)"
    shown = await asyncio.create_subprocess_exec(
        environment.python, "-I", "-S", "-c", code, environment.site, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await shown.communicate()
    assert output == b"42\n"
    assert environment.modules == {"alpha"}
    assert environment.bytes > 0


async def test_an_empty_lock_installs_nothing(environments: Environments) -> None:
    for lock in (None, "", f"# py: {sys.version_info[0]}.{sys.version_info[1]}\n"):
        environment = await environments.ensure(
            lock, Index(Path(), "http://127.0.0.1:9/").registries(), CapturedOutput()
        )
        assert environment.site is None


async def test_a_lock_installs_the_same_files_when_the_index_moves_on(
    index: Index, locker: Locker, tmp_path: Path, interpreters: Interpreters
) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": "value = 'old'\n"})
    lock = await locker.lock(lock_request("import alpha\n", index.registries()))
    index.add_wheel("alpha", "1.1", {"alpha.py": "value = 'new'\n"})
    elsewhere = Environments(tmp_path / "another machine", interpreters, plain_tool)
    environment = await elsewhere.ensure(lock, index.registries(), CapturedOutput())
    assert environment.site is not None
    assert (environment.site / "alpha.py").read_text() == "value = 'old'\n"


async def test_a_file_that_changed_on_the_index_is_refused(
    index: Index, locker: Locker, tmp_path: Path, interpreters: Interpreters
) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": "value = 'good'\n"})
    lock = await locker.lock(lock_request("import alpha\n", index.registries()))
    index.add_wheel("alpha", "1.0", {"alpha.py": "value = 'evil'\n"})
    elsewhere = Environments(tmp_path / "another machine", interpreters, plain_tool)
    with pytest.raises(InstallFailed, match=r"(?i)hash"):
        await elsewhere.ensure(lock, index.registries(), CapturedOutput())
    assert list((tmp_path / "another machine" / "envs").iterdir()) == []


async def test_a_lock_without_hashes_is_accepted(index: Index, environments: Environments) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": ""})
    environment = await environments.ensure("alpha==1.0\n", index.registries(), CapturedOutput())
    assert environment.modules == {"alpha"}


async def test_equal_locks_share_one_environment(index: Index, environments: Environments) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": ""})
    index.add_wheel("beta", "1.0", {"beta.py": ""})
    one = await environments.ensure("alpha==1.0\nbeta==1.0\n", index.registries(), CapturedOutput())
    other = await environments.ensure("beta==1.0\nalpha==1.0 # via x\n", index.registries(), CapturedOutput())
    assert one.digest == other.digest


async def test_concurrent_runs_install_once(index: Index, tmp_path: Path, interpreters: Interpreters) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": ""})
    calls: list[ToolCall] = []

    async def counted(call: ToolCall) -> ToolEnd:
        calls.append(call)
        return await plain_tool(call)

    # Two objects on one folder stand for two worker processes.
    workers = [
        Environments(tmp_path / "cache", interpreters, counted, compile_bytecode=False) for _ in range(2)
    ]
    found = await asyncio.gather(
        *(w.ensure("alpha==1.0\n", index.registries(), CapturedOutput()) for w in workers for _ in range(3))
    )
    assert len({environment.site for environment in found}) == 1
    assert len(calls) == 1


async def test_a_cancelled_run_does_not_end_the_installation_of_others(
    index: Index, tmp_path: Path, interpreters: Interpreters
) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": ""})
    started, go_on = asyncio.Event(), asyncio.Event()

    async def held_up(call: ToolCall) -> ToolEnd:
        started.set()
        await go_on.wait()
        return await plain_tool(call)

    environments = Environments(tmp_path / "cache", interpreters, held_up)
    first = asyncio.create_task(environments.ensure("alpha==1.0\n", index.registries(), CapturedOutput()))
    await started.wait()
    second = asyncio.create_task(environments.ensure("alpha==1.0\n", index.registries(), CapturedOutput()))
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    go_on.set()
    assert (await second).modules == {"alpha"}


async def test_bytecode_is_made_in_the_background(index: Index, environments: Environments) -> None:
    index.add_wheel("alpha", "1.0", {"alpha/__init__.py": "x = 1\n", "alpha/tests/big.py": "y = 1\n"})
    environment = await environments.ensure("alpha==1.0\n", index.registries(), CapturedOutput())
    await environments.compiled()
    assert environment.site is not None
    assert list((environment.site / "alpha" / "__pycache__").glob("*.pyc"))
    assert not (environment.site / "alpha" / "tests" / "__pycache__").exists()


async def test_what_a_killed_worker_left_is_not_taken_for_an_environment(
    index: Index, environments: Environments
) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": "whole = True\n"})
    wanted = await environments.ensure("alpha==1.0\n", index.registries(), CapturedOutput())
    assert wanted.site is not None
    await environments.close()
    # As after a kill between filling the staging folder and its rename.
    staging = environments.work_dir / f"staging-{wanted.digest}"
    wanted.site.parent.rename(staging)
    (staging / "ready.json").unlink()
    (staging / "site" / "alpha.py").unlink()
    again = Environments(environments.work_dir.parent, Interpreters(), plain_tool)
    environment = await again.ensure("alpha==1.0\n", index.registries(), CapturedOutput())
    assert environment.site is not None
    assert (environment.site / "alpha.py").read_text() == "whole = True\n"
    assert not staging.exists()


async def test_the_least_recently_used_goes_first_and_none_in_use(
    index: Index, tmp_path: Path, interpreters: Interpreters
) -> None:
    for name in ("alpha", "beta", "gamma"):
        index.add_wheel(name, "1.0", {f"{name}.py": "#" * 1000})
    # Bytecode is made in the background and uses the environment meanwhile.
    environments = Environments(
        tmp_path / "cache", interpreters, plain_tool, max_bytes=4000, grace_seconds=0, compile_bytecode=False
    )
    alpha = await environments.ensure("alpha==1.0\n", index.registries(), CapturedOutput())
    environments.hold(alpha)
    beta = await environments.ensure("beta==1.0\n", index.registries(), CapturedOutput())
    assert alpha.site and beta.site
    os.utime(alpha.site.parent, (1, 1))
    os.utime(beta.site.parent, (2, 2))
    gamma = await environments.ensure("gamma==1.0\n", index.registries(), CapturedOutput())
    assert gamma.site
    assert alpha.site.exists()
    assert not beta.site.exists()
    assert gamma.site.exists()
    back = await environments.ensure("beta==1.0\n", index.registries(), CapturedOutput())
    assert back.modules == {"beta"}


async def test_another_process_does_not_remove_what_is_held(
    index: Index, tmp_path: Path, interpreters: Interpreters
) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": "#" * 1000})
    index.add_wheel("beta", "1.0", {"beta.py": "#" * 1000})
    one = Environments(tmp_path / "cache", interpreters, plain_tool, max_bytes=1, grace_seconds=0)
    other = Environments(tmp_path / "cache", interpreters, plain_tool, max_bytes=1, grace_seconds=0)
    alpha = await one.ensure("alpha==1.0\n", index.registries(), CapturedOutput())
    async with one.using(alpha):
        await other.ensure("beta==1.0\n", index.registries(), CapturedOutput())
        assert alpha.site and alpha.site.exists()


async def test_a_source_package_is_built_with_a_cache_of_its_own(
    index: Index, tmp_path: Path, interpreters: Interpreters
) -> None:
    index.add_file("oddment", "oddment-1.0.tar.gz", _source_package())
    calls: list[ToolCall] = []

    async def watched(call: ToolCall) -> ToolEnd:
        calls.append(call)
        return await plain_tool(call)

    environments = Environments(tmp_path / "cache", interpreters, watched)
    locker = Locker(environments.work_dir, interpreters, watched)
    lock = await locker.lock(lock_request("import oddment\n", index.registries()))
    assert "oddment==1.0" in lock
    environment = await environments.ensure(lock, index.registries(), CapturedOutput())
    assert "oddment" in environment.modules
    shared = environments.work_dir / "uv"
    for call in calls:
        # Whoever may build may not write where others install from.
        assert "--no-build" in call.argv or not any(shared.is_relative_to(path) for path in call.writable)


async def test_the_installer_sees_no_secret_of_the_worker(
    index: Index, tmp_path: Path, interpreters: Interpreters, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://secret")
    index.add_wheel("alpha", "1.0", {"alpha.py": ""})
    calls: list[ToolCall] = []

    async def watched(call: ToolCall) -> ToolEnd:
        calls.append(call)
        return await plain_tool(call)

    environments = Environments(tmp_path / "cache", interpreters, watched)
    await environments.ensure("alpha==1.0\n", index.registries(), CapturedOutput())
    assert calls and "DATABASE_URL" not in calls[0].env
    assert index.address in calls[0].env["UV_DEFAULT_INDEX"]
    assert not any(index.address in word for word in calls[0].argv)


async def test_preimports_are_what_the_script_imports_and_the_environment_has(
    index: Index, environments: Environments
) -> None:
    index.add_wheel("alpha", "1.0", {"alpha.py": "", "unused.py": ""})
    environment = await environments.ensure("alpha==1.0\n", index.registries(), CapturedOutput())
    code = "import os, alpha.sub, missing\ndef main(): pass\n"
    assert preimports(code, environment) == ["alpha"]


async def test_options_in_a_lock_do_not_reach_the_installer(environments: Environments, index: Index) -> None:
    with pytest.raises(InstallFailed, match="names a file"):
        await environments.ensure("alpha @ file:///etc\n", index.registries(), CapturedOutput())


BUILD_BACKEND = """
import zipfile

def build_wheel(folder, settings=None, metadata=None):
    name = "oddment-1.0-py3-none-any.whl"
    info = "oddment-1.0.dist-info"
    wheel = "Wheel-Version: 1.0\\nGenerator: t\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n"
    with zipfile.ZipFile(f"{folder}/{name}", "w") as archive:
        archive.writestr("oddment.py", "built = True")
        archive.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: oddment\\nVersion: 1.0\\n")
        archive.writestr(f"{info}/WHEEL", wheel)
        archive.writestr(f"{info}/RECORD", "")
    return name
"""


def _source_package() -> bytes:
    """A package without wheel whose build needs nothing that this machine lacks."""
    project = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    data = BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as archive:
        for name, text in {
            "pyproject.toml": project,
            "backend.py": BUILD_BACKEND,
            "PKG-INFO": "Metadata-Version: 2.1\nName: oddment\nVersion: 1.0\n",
        }.items():
            member = tarfile.TarInfo(f"oddment-1.0/{name}")
            member.size = len(text.encode())
            archive.addfile(member, BytesIO(text.encode()))
    return data.getvalue()
