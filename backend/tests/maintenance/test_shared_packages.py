"""Prepared packages in a bucket are bounded by age and by size."""

from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from moto.server import ThreadedMotoServer

from postmill.languages.shared_cache import SharedCache
from postmill.maintenance import shared_packages
from postmill.maintenance.shared_packages import EVERY_SECONDS, remove_old_packages
from postmill.objects.contract import ObjectFacts, Objects
from postmill.objects.store import open_store


@pytest.fixture(scope="module")
def s3_options() -> Iterator[dict[str, str]]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    signed = {"authorization": "AWS4-HMAC-SHA256 Credential=key/x/us-east-1/s3/x"}
    httpx.put(f"http://{host}:{port}/bucket", headers=signed, timeout=60)
    yield {
        "endpoint": f"http://{host}:{port}", "access_key_id": "key", "secret_access_key": "hush",
        "region": "us-east-1", "allow_http": "true",
    }  # fmt: skip
    server.stop()


class Aged:
    """A bucket whose objects are as old as they are said to be."""

    def __init__(self, objects: Objects, days: dict[str, int]) -> None:
        self._objects = objects
        self._days = days

    async def under(self, prefix: str, after: str = "", limit: int = 1000) -> list[ObjectFacts]:
        now = datetime.now(UTC)
        return [
            ObjectFacts(facts.key, facts.size_bytes, now - timedelta(days=self._days.get(facts.key, 0)))
            for facts in await self._objects.under(prefix, after, limit)
        ]

    async def delete(self, keys: list[str]) -> None:
        await self._objects.delete(keys)


@pytest.fixture
async def bucket(s3_options: dict[str, str], tmp_path: Path) -> AsyncIterator[Objects]:
    objects = open_store(f"s3://bucket/{tmp_path.name}", s3_options)
    for number in range(5):
        await objects.put(f"cache/2/linux/npm/{number}", bytes(100))
    await objects.put("w/main/cache/2/mine", b"x")
    yield objects


async def keys(objects: Objects) -> list[str]:
    return [facts.key.rpartition("/")[2] for facts in await objects.under("")]


async def test_what_is_old_goes_and_files_of_workspaces_stay(
    bucket: Objects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shared_packages, "AT_ONCE", 2)
    aged = Aged(bucket, {"cache/2/linux/npm/1": 31, "cache/2/linux/npm/3": 40, "w/main/cache/2/mine": 99})
    assert await remove_old_packages(aged, 30, 0) == EVERY_SECONDS  # type: ignore[arg-type]
    assert await keys(bucket) == ["0", "2", "4", "mine"]


async def test_beyond_a_size_the_oldest_go(bucket: Objects) -> None:
    aged = Aged(bucket, {f"cache/2/linux/npm/{number}": days for number, days in enumerate((3, 9, 1, 7, 5))})
    await remove_old_packages(aged, 0, 250)  # type: ignore[arg-type]
    assert await keys(bucket) == ["0", "2", "mine"]


async def test_without_bounds_or_a_bucket_nothing_goes(bucket: Objects) -> None:
    await remove_old_packages(bucket, 0, 0)
    await remove_old_packages(None, 1, 1)
    assert len(await keys(bucket)) == 6


async def test_a_removed_package_is_shared_again(bucket: Objects, tmp_path: Path) -> None:
    cache = SharedCache(bucket)
    source = tmp_path / "site"
    source.mkdir()
    (source / "a.py").write_text("x = 1")
    cache.offer_folder("python", "d" * 8, source)
    await cache.offered()
    await remove_old_packages(bucket, 0, 1)
    assert not await cache.fetch_folder("python", "d" * 8, tmp_path / "one")
    cache.offer_folder("python", "d" * 8, source)
    await cache.offered()
    assert await cache.fetch_folder("python", "d" * 8, tmp_path / "two")
    assert (tmp_path / "two" / "a.py").read_text() == "x = 1"
