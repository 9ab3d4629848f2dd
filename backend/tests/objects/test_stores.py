"""Every store keeps the same contract."""

from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from postmill.kernel.errors import InvalidInput, TooLarge
from postmill.objects.contract import Objects, checked_key, whole
from postmill.objects.store import copy_to_file, open_store, parse_options

LARGE = bytes(range(256)) * 8192  # 2 MiB, several pieces everywhere


async def pieces_of(content: bytes, fail: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(content), 300_000):
        yield content[start : start + 300_000]
    if fail:
        raise TooLarge("no more")


async def test_contents_come_back_whole_and_in_part(objects: Objects, tmp_path: Path) -> None:
    assert await objects.put("w/a b/ü.csv", b"hello", "text/csv") == 5
    facts = await objects.head("w/a b/ü.csv")
    assert facts is not None and (facts.key, facts.size_bytes) == ("w/a b/ü.csv", 5)
    assert facts.content_type in ("text/csv", None)
    assert await objects.put("large", pieces_of(LARGE)) == len(LARGE)
    assert await whole(objects, "large") == LARGE
    assert (
        b"".join([piece async for piece in objects.pieces("large", 511_999, 1_100_001)])
        == LARGE[511_999:1_100_001]
    )
    assert b"".join([piece async for piece in objects.pieces("large", len(LARGE) - 3)]) == LARGE[-3:]
    file = tmp_path / "copy"
    assert await copy_to_file(objects, "large", file) == len(LARGE)
    assert await objects.put("from file", file) == len(LARGE)
    assert await whole(objects, "from file") == LARGE
    assert await objects.put("empty", b"") == 0
    assert await whole(objects, "empty") == b""
    with pytest.raises(ValueError, match="more than 10 bytes"):
        await whole(objects, "large", limit=10)


async def test_what_is_cut_short_leaves_what_was_there(objects: Objects) -> None:
    await objects.put("a", b"before")
    with pytest.raises(TooLarge):
        await objects.put("a", pieces_of(LARGE, fail=True))
    assert await whole(objects, "a") == b"before"
    await objects.put("a", pieces_of(LARGE))
    assert await whole(objects, "a") == LARGE


async def test_missing_objects(objects: Objects) -> None:
    assert await objects.head("nothing") is None
    with pytest.raises(FileNotFoundError):
        await whole(objects, "nothing")
    with pytest.raises(FileNotFoundError):
        await objects.move("nothing", "other")
    await objects.delete(["nothing"])


async def test_lists_are_in_order_and_in_pages(objects: Objects) -> None:
    for key in ("w/c/d", "w/a", "w/b", "w/c/e", "x", "w/ab"):
        await objects.put(key, b"1")
    assert [facts.key for facts in await objects.under("w/")] == ["w/a", "w/ab", "w/b", "w/c/d", "w/c/e"]
    assert [facts.key for facts in await objects.under("w/a")] == ["w/a", "w/ab"]
    assert [facts.key for facts in await objects.under("w/", after="w/ab", limit=2)] == ["w/b", "w/c/d"]
    level = await objects.level("w/")
    assert level.folders == ("w/c/",)
    assert [facts.key for facts in level.objects] == ["w/a", "w/ab", "w/b"]
    assert (await objects.level("")).folders == ("w/",)


async def test_moving_and_removing(objects: Objects) -> None:
    await objects.put("a", b"1")
    await objects.put("b", b"2")
    await objects.move("a", "b")
    await objects.put("c", b"3")
    await objects.delete(["c"])
    assert [facts.key for facts in await objects.under("")] == ["b"]
    assert await whole(objects, "b") == b"1"


async def test_a_bucket_can_be_read_by_a_signed_address(s3_options: dict[str, str], tmp_path: Path) -> None:
    store = open_store(f"s3://bucket/{tmp_path.name}", s3_options)
    await store.put("a b", b"hello")
    address = await store.reading_address("a b", 60)
    assert address is not None and "hush" not in address
    async with httpx.AsyncClient(timeout=60) as client:
        assert (await client.get(address)).content == b"hello"


@pytest.mark.parametrize("key", ["a", "a/b c/ü.csv", "u/x/y.parquet", "a-b_c.d(1)+,;=@&$!"])
def test_keys_that_every_store_keeps(key: str) -> None:
    assert checked_key(key) == key


@pytest.mark.parametrize(
    "key",
    [
        "",
        "/a",
        "a/",
        "a//b",
        "../a",
        "a/../b",
        "a/.",
        "a\0b",
        "a\nb",
        "a#1",
        "a%2fb",
        "x" * 201,
        "a/" * 500 + "b",
        "\\",
    ],
)
def test_keys_that_some_store_cannot_keep(key: str) -> None:
    with pytest.raises(InvalidInput, match="file key"):
        checked_key(key)


@pytest.mark.parametrize(
    ("url", "options"), [("ftp://x", []), ("s3://b", ["nonsense=1"]), ("", []), ("s3://b", ["secret"])]
)
def test_settings_that_cannot_be_used_are_sentences(url: str, options: list[str]) -> None:
    with pytest.raises(InvalidInput, match="object store"):
        open_store(url, parse_options(options))
