# ruff: noqa: ASYNC240
# Scripts stand in one line each, and the event loop has nothing else to do meanwhile.
"""The choice of the isolation level."""

from pathlib import Path

import pytest

from postmill.sandbox import levels
from postmill.sandbox.levels import IsolationUnavailable, probe
from postmill.sandbox.zygote import interpreter_folders


async def test_this_machine_offers_the_sandbox(tmp_path: Path) -> None:
    found = await probe(tmp_path)
    assert found.level == "sandbox"
    assert found.network_namespaces
    assert list(tmp_path.iterdir()) == []


async def test_without_a_sandbox_nothing_starts_unless_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fails(_spares: Path, network: bool) -> str | None:
        return "unshare: Operation not permitted"

    monkeypatch.setattr(levels, "_sandbox_trouble", fails)
    with pytest.raises(IsolationUnavailable, match="unshare: Operation not permitted"):
        await probe(tmp_path)
    allowed = await probe(tmp_path, allow_none=True)
    assert allowed.level == "none"
    assert allowed.reasons[0] == "no sandbox: unshare: Operation not permitted"


async def test_a_closed_network_is_closed_or_the_worker_does_not_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert (await probe(tmp_path, network=False)).reasons[-1] == "jobs have no network"
    with pytest.raises(IsolationUnavailable, match="isolation was switched off"):
        await probe(tmp_path, allow_none=True, insist_on_none=True, network=False)

    async def works_with_network(_spares: Path, network: bool) -> str | None:
        return None if network else "unshare: Operation not permitted"

    monkeypatch.setattr(levels, "_sandbox_trouble", works_with_network)
    with pytest.raises(IsolationUnavailable, match="kept off the network"):
        await probe(tmp_path, network=False)


async def test_none_can_be_insisted_on(tmp_path: Path) -> None:
    assert (await probe(tmp_path, allow_none=True, insist_on_none=True)).level == "none"


def test_an_interpreter_does_not_show_the_home_that_it_lies_in(tmp_path: Path) -> None:
    for name in ("bin", "lib", ".ssh", "data"):
        (tmp_path / name).mkdir()
    assert interpreter_folders(tmp_path / "bin" / "python3.11") == [tmp_path / "bin", tmp_path / "lib"]
    assert interpreter_folders(Path("/usr/bin/python3.11")) == []
