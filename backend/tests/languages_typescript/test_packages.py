"""Locks and installed packages of TypeScript scripts, by bun itself and a registry that moves on."""

import asyncio
import json
from pathlib import Path

import pytest

from postmill.languages.protocol import InstallFailed, LockFailed, Registries
from postmill.languages.shared_cache import SharedCache
from postmill.languages.tool import CapturedOutput, ToolCall, ToolEnd
from postmill.languages.typescript.packages import NpmPackages
from postmill.objects.store import open_folder
from tests.plain_tool import plain_tool

from .conftest import Registry, at, lock_request

ALPHA = 'import alpha from "alpha";\nexport function main() { return alpha }\n'


def exporting(text: str) -> dict[str, str]:
    return {"index.js": f"module.exports = {json.dumps(text)};\n"}


async def installed_text(packages: NpmPackages, lock: str, registry: Registry, name: str = "alpha") -> str:
    folder = await packages.installed(lock, at(registry), CapturedOutput())
    assert folder is not None
    return (folder.path / "node_modules" / name / "index.js").read_text()


async def test_a_lock_holds_versions_and_hashes_and_no_address(
    registry: Registry, packages: NpmPackages
) -> None:
    registry.add("beta", "2.0.0", exporting("beta"))
    registry.add("alpha", "1.0.0", exporting("alpha"), {"beta": "^2.0.0"})
    lock = await packages.lock(lock_request(ALPHA, at(registry)))
    manifest, _, resolved = lock.partition("\n//bun.lock\n")
    assert json.loads(manifest) == {"dependencies": {"alpha": "latest"}}
    entries = json.loads(resolved)["packages"]
    assert [entries[name][0] for name in ("alpha", "beta")] == ["alpha@1.0.0", "beta@2.0.0"]
    assert all(entry[-1].startswith("sha512-") for entry in entries.values())
    assert "127.0.0.1" not in lock and "http" not in lock


async def test_an_old_lock_installs_the_same_files_when_the_registry_moves_on(
    registry: Registry, packages: NpmPackages, tmp_path: Path
) -> None:
    registry.add("beta", "2.0.0", exporting("old beta"))
    registry.add("alpha", "1.0.0", exporting("old"), {"beta": "^2.0.0"})
    lock = await packages.lock(lock_request(ALPHA, at(registry)))
    registry.add("alpha", "1.0.1", exporting("new"), {"beta": "^2.0.0"})
    registry.add("beta", "2.1.0", exporting("new beta"))
    elsewhere = NpmPackages(tmp_path / "another machine", plain_tool)
    assert "old" in await installed_text(elsewhere, lock, registry)
    assert "old beta" in await installed_text(elsewhere, lock, registry, "beta")
    assert "alpha@1.0.1" in await packages.lock(lock_request(ALPHA, at(registry)))


async def test_packages_are_installed_by_one_machine_only(registry: Registry, tmp_path: Path) -> None:
    registry.add("alpha", "1.0.0", {**exporting("shared"), "bin.js": "#!/usr/bin/env node\n"})
    shared = SharedCache(open_folder(tmp_path / "bucket"))
    one = NpmPackages(tmp_path / "one", plain_tool, shared)
    lock = await one.lock(lock_request(ALPHA, at(registry)))
    assert "shared" in await installed_text(one, lock, registry)
    await shared.offered()

    async def no_tool(call: ToolCall) -> ToolEnd:
        raise AssertionError(call.argv)

    two = NpmPackages(tmp_path / "two", no_tool, shared)
    assert "shared" in await installed_text(two, lock, registry)
    for machine in (one, two):
        await machine.close()


async def test_a_file_that_changed_on_the_registry_is_refused(
    registry: Registry, packages: NpmPackages, tmp_path: Path
) -> None:
    registry.add("alpha", "1.0.0", exporting("good"))
    lock = await packages.lock(lock_request(ALPHA, at(registry)))
    registry.add("alpha", "1.0.0", exporting("evil"))
    elsewhere = NpmPackages(tmp_path / "another machine", plain_tool)
    with pytest.raises(InstallFailed, match=r"(?i)integrity"):
        await elsewhere.installed(lock, at(registry), CapturedOutput())
    assert list((tmp_path / "another machine" / "npm" / "envs").iterdir()) == []


async def test_pins_in_imports_are_kept_and_the_lowest_of_several_wins(
    registry: Registry, packages: NpmPackages
) -> None:
    for version in ("1.0.0", "1.2.0", "2.0.0"):
        registry.add("alpha", version, exporting(version))
    code = 'import a from "alpha@1.2.0"; import "./other";\nexport function main() { return a }\n'
    other = 'import b from "alpha@1.0.0/index.js";\nexport default b;\n'
    lock = await packages.lock(lock_request(code, at(registry), scripts={"f/test/other": other}))
    assert "alpha@1.0.0" in lock


async def test_scripts_that_import_each_other_are_read_once(
    registry: Registry, packages: NpmPackages
) -> None:
    registry.add("alpha", "1.0.0", exporting("alpha"))
    code = 'import { b } from "/f/test/b";\nexport function main() { return b }\n'
    other = 'import { main } from "./main.ts"; import alpha from "alpha";\nexport const b = [main, alpha];\n'
    lock = await packages.lock(lock_request(code, at(registry), scripts={"f/test/b": other}))
    assert "alpha@1.0.0" in lock


async def test_code_without_packages_needs_no_registry(packages: NpmPackages) -> None:
    code = 'import fs from "node:fs"; import { sleep } from "bun"; import type { T } from "unknown-types";\n'
    lock = await packages.lock(lock_request(code, Registries(npm_registry_url="http://127.0.0.1:9/")))
    assert lock == "{}\n//bun.lock\n<empty>\n"
    assert await packages.installed(lock, Registries(), CapturedOutput()) is None


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ('import a from "missing-package"', "missing-package"),
        ('import a from "alpha@9"', "alpha"),
        ('import a from "https://example.com/a.js"', "come from the npm registry"),
        ('import a from "alpha@file:../x"', "'file:..' in the import of alpha is not a version"),
        ("// package_json: nope\n", "no package.json named 'nope'"),
    ],
)
async def test_what_cannot_be_resolved_is_named(
    registry: Registry, packages: NpmPackages, code: str, words: str
) -> None:
    registry.add("alpha", "1.0.0", exporting("alpha"))
    with pytest.raises(LockFailed) as caught:
        await packages.lock(lock_request(f"{code}\nexport const x = a;\n", at(registry)))
    assert words in str(caught.value)


async def test_a_package_json_of_the_workspace_is_taken_instead_of_the_imports(
    registry: Registry, packages: NpmPackages
) -> None:
    registry.add("alpha", "1.0.0", exporting("alpha"))
    registry.add("beta", "1.0.0", exporting("beta"))
    files = {"tools": '{"dependencies": {"beta": "^1.0.0"}, "scripts": {"postinstall": "exit 1"}}'}
    request = lock_request(f"// package_json: tools\n{ALPHA}", at(registry), workspace_requirements=files)
    lock = await packages.lock(request)
    assert lock.startswith("// workspace-dependencies-mode: manual\n// workspace-dependencies: tools:")
    assert "beta@1.0.0" in lock and "alpha" not in lock and "postinstall" not in lock
    assert "beta" in await installed_text(packages, lock, registry, "beta")


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"dependencies": ["a"]}', '{"dependencies": {"a": "git+ssh://x"}}',
                '{"dependencies": {"a": "file:/etc"}}', '{"dependencies": {"../x": "1"}}'],
)  # fmt: skip
async def test_a_package_json_that_cannot_be_followed_is_refused(packages: NpmPackages, content: str) -> None:
    request = lock_request(ALPHA, Registries(), workspace_requirements={"": content})
    with pytest.raises(LockFailed, match=r"package\.json 'default'"):
        await packages.lock(request)


async def test_a_scope_has_its_own_registry_and_its_token_stays_secret(
    registry: Registry, private_registry: Registry, packages: NpmPackages, tmp_path: Path
) -> None:
    registry.add("alpha", "1.0.0", exporting("alpha"))
    private_registry.add("@ours/tool", "1.0.0", exporting("private"))
    token = private_registry.token
    scope = f"@ours={private_registry.address}:_authToken={token}"
    registries = Registries(npm_registry_url=registry.address, npm_scopes=(scope,))
    code = 'import t from "@ours/tool"; import a from "alpha";\nexport function main() { return [t, a] }\n'
    request = lock_request(code, registries)
    lock = await packages.lock(request)
    log = CapturedOutput()
    folder = await packages.installed(lock, registries, log)
    assert folder is not None
    assert "private" in (folder.path / "node_modules/@ours/tool/index.js").read_text()
    assert not any("@ours" in path for path in registry.requests)
    stored = [file.read_bytes() for file in (tmp_path / "cache").rglob("*") if file.is_file()]
    shown = [lock.encode(), log.text().encode(), request.log.text().encode()]  # type: ignore[attr-defined]
    assert not any(str(token).encode() in text for text in [*stored, *shown])


async def test_a_registry_that_refuses_is_named_without_the_credentials(
    private_registry: Registry, packages: NpmPackages
) -> None:
    private_registry.add("alpha", "1.0.0", exporting("alpha"))
    address = private_registry.address.replace("http://", "http://me:wrong-password@")
    with pytest.raises(LockFailed, match="401") as caught:
        await packages.lock(lock_request(ALPHA, Registries(npm_registry_url=address)))
    assert "wrong-password" not in str(caught.value)


async def test_concurrent_runs_install_once(registry: Registry, tmp_path: Path) -> None:
    registry.add("alpha", "1.0.0", exporting("alpha"))
    calls: list[ToolCall] = []

    async def counted(call: ToolCall) -> ToolEnd:
        calls.append(call)
        return await plain_tool(call)

    # Two objects on one folder stand for two worker processes.
    workers = [NpmPackages(tmp_path / "cache", counted) for _ in range(2)]
    lock = await workers[0].lock(lock_request(ALPHA, at(registry)))
    calls.clear()
    found = await asyncio.gather(
        *(w.installed(lock, at(registry), CapturedOutput()) for w in workers for _ in range(3))
    )
    assert len({folder.path for folder in found if folder is not None}) == 1
    assert len(calls) == 1
    await asyncio.gather(*(worker.close() for worker in workers))


async def test_an_installation_that_was_killed_leaves_nothing_that_is_used(
    registry: Registry, tmp_path: Path
) -> None:
    registry.add("alpha", "1.0.0", exporting("alpha"))
    killed = False

    async def dying(call: ToolCall) -> ToolEnd:
        end = await plain_tool(call)
        if "--frozen-lockfile" in call.argv and not killed:
            half = call.cwd / "node_modules" / "alpha" / "index.js"
            half.unlink()  # the file is shared with the installer's cache
            half.write_text("half")
            return ToolEnd(-9)
        return end

    packages = NpmPackages(tmp_path / "cache", dying)
    lock = await packages.lock(lock_request(ALPHA, at(registry)))
    with pytest.raises(InstallFailed):
        await packages.installed(lock, at(registry), CapturedOutput())
    killed = True
    assert "alpha" in await installed_text(packages, lock, registry)
    await packages.close()


async def test_locks_from_elsewhere_lead_to_the_configured_registry_only(
    registry: Registry, packages: NpmPackages
) -> None:
    registry.add("alpha", "1.0.0", exporting("alpha"))
    lock = await packages.lock(lock_request(ALPHA, at(registry)))
    named = lock.replace('"alpha@1.0.0",\n   ""', '"alpha@1.0.0",\n   "http://127.0.0.1:9/alpha.tgz"')
    assert named != lock
    assert "alpha" in await installed_text(packages, named, registry)
    for elsewhere in ("alpha@http://127.0.0.1:9/a.tgz", "alpha@file:../../etc", "alpha@github:x/y"):
        with pytest.raises(InstallFailed, match="does not come from the npm registry"):
            await packages.installed(lock.replace("alpha@1.0.0", elsewhere), at(registry), CapturedOutput())
    for broken in (
        "{",
        "[]\n//bun.lock\n{}",
        '{"dependencies": {"a": "1"}}\n//bun.lock\n{"packages": {"a": 1}}',
    ):
        with pytest.raises(InstallFailed, match="cannot be read"):
            await packages.installed(broken, at(registry), CapturedOutput())


async def test_a_lock_without_hashes_is_accepted(registry: Registry, packages: NpmPackages) -> None:
    registry.add("alpha", "1.0.0", exporting("alpha"))
    assert "alpha" in await installed_text(packages, '{"dependencies": {"alpha": "1.0.0"}}', registry)
