"""A worker that keeps its jobs off the network."""

import socket
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from postmill.languages.runtime import Runtime, RuntimeSettings

from .conftest import LIMITS, Bench


@pytest.fixture
async def closed(tmp_path: Path) -> AsyncIterator[Bench]:
    settings = RuntimeSettings(
        data_dir=tmp_path / "data", slots=1, limits=LIMITS, kept_ready=1, network=False
    )
    runtime = await Runtime.start(settings)
    yield Bench(runtime, tmp_path)
    await runtime.close()


async def test_jobs_reach_nothing(closed: Bench) -> None:
    assert "jobs have no network" in closed.runtime.isolation.reasons
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        code = f"""
import socket
def main():
    try:
        socket.create_connection(("127.0.0.1", {port}), 2)
    except OSError as error:
        return type(error).__name__
"""
        ran = await closed.run("python3", code)
        assert ran.result in ("OSError", "ConnectionRefusedError"), ran.result
        ran = await closed.run(
            "bash", f"(exec 3<>/dev/tcp/127.0.0.1/{port}) 2>/dev/null && echo in || echo out"
        )
        assert ran.result == "out"
    for language in ("postgresql", "graphql"):
        ran = await closed.run(language, "SELECT 1", {"database": {"host": "127.0.0.1"}})
        assert ran.end == "error" and "gives jobs no network" in ran.result["message"]
