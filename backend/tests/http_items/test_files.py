"""Files of a workspace through the API, as the public clients call it."""

from typing import Any

from postmill.objects.store import open_folder

UP, DOWN = "job_helpers/upload_s3_file", "job_helpers/download_s3_file"


async def upload(caller: Any, key: str, content: bytes = b"hello", status: int = 200) -> None:
    answer = await caller("POST", UP, params={"file_key": key}, content=content)
    assert answer.status_code == status, answer.text


async def test_a_file_goes_up_and_comes_down(world: Any) -> None:
    admin = world.admin
    content = bytes(range(256)) * 5000
    answer = await admin(
        "POST", UP, params={"file_key": "data/ü b.bin", "content_type": "application/x-data"}, content=content
    )
    assert answer.json() == {"file_key": "data/ü b.bin"}
    down = await admin("GET", DOWN, params={"file_key": "data/ü b.bin", "storage": ""})
    assert (down.status_code, down.content) == (200, content)
    assert down.headers["content-type"] == "application/octet-stream"
    assert down.headers["content-length"] == str(len(content))
    assert down.headers["content-disposition"].startswith("attachment; ")
    facts = await admin.get("job_helpers/load_file_metadata", file_key="data/ü b.bin")
    assert (facts["size_in_bytes"], facts["mime_type"]) == (len(content), "application/x-data")
    assert await world.audited("files.upload") == [("admin", "data/ü b.bin")]
    assert (await admin("HEAD", DOWN, params={"file_key": "data/ü b.bin"})).content == b""


async def test_a_file_without_a_key_gets_one(world: Any) -> None:
    answer = await world.admin("POST", UP, params={"file_extension": "csv"}, content=b"a,b\n1,2\n")
    key = answer.json()["file_key"]
    assert key.startswith("uploads/admin/") and key.endswith(".csv")
    shown = await world.admin.get("job_helpers/load_file_preview", file_key=key)
    assert shown == {"content": "a,b\n1,2\n", "content_type": "Csv"}
    part = await world.admin.get(
        "job_helpers/load_file_preview", file_key=key, read_bytes_from="4", read_bytes_length="3"
    )
    assert part["content"] == "1,2"


async def test_previews_of_other_kinds(world: Any) -> None:
    for key, content, kind in (
        ("a.parquet", b"PAR1", "Parquet"),
        ("a.bin", b"\0", "Unknown"),
        ("a.py", b"x", "RawText"),
    ):
        await upload(world.admin, key, content)
        shown = await world.admin.get("job_helpers/load_file_preview", file_key=key)
        assert shown["content_type"] == kind


async def test_files_are_listed_moved_and_removed(world: Any) -> None:
    admin = world.admin
    for key in ("x/a.txt", "x/b.txt", "x/deep/c.txt", "y.txt"):
        await upload(admin, key)
    listed = await admin.get("job_helpers/list_stored_files", max_keys="2")
    assert listed["windmill_large_files"] == [{"s3": "x/a.txt"}, {"s3": "x/b.txt"}]
    more = await admin.get("job_helpers/list_stored_files", max_keys="2", marker=listed["next_marker"])
    assert more["windmill_large_files"] == [{"s3": "x/deep/c.txt"}, {"s3": "y.txt"}]
    found = await admin.get("job_helpers/list_stored_files", max_keys="9", prefix="x/", search="C.T")
    assert found["windmill_large_files"] == [{"s3": "x/deep/c.txt"}]
    level = await admin.get("job_helpers/list_stored_files_paged", prefix="x", max_keys="2")
    assert [file["name"] for file in level["files"]] == ["a.txt", "b.txt"]
    rest = await admin.get(
        "job_helpers/list_stored_files_paged", prefix="x", page_token=level["next_page_token"]
    )
    assert rest["folders"] == [{"prefix": "x/deep/", "name": "deep"}]
    await admin.get("job_helpers/move_s3_file", src_file_key="y.txt", dest_file_key="z.txt")
    assert (
        await admin("DELETE", "job_helpers/delete_s3_file", params={"file_key": "x/a.txt"})
    ).status_code == 200
    for gone in ("y.txt", "x/a.txt"):
        await admin.refused("GET", DOWN, 404, params={"file_key": gone})
        await admin.refused("DELETE", "job_helpers/delete_s3_file", 404, params={"file_key": gone})
    assert (await admin.get("job_helpers/storage_usage"))["total_bytes"] == 15
    assert await admin.get("job_helpers/check_s3_folder_exists", file_key="x/deep") == {
        "exists": True,
        "is_folder": True,
    }
    assert await admin.get("job_helpers/check_s3_folder_exists", file_key="z.txt") == {
        "exists": True,
        "is_folder": False,
    }
    assert await admin.get("job_helpers/test_connection") == "Connection successful"


async def test_keys_follow_the_rights_of_paths(world: Any) -> None:
    alice, bob, operator = (
        await world.member("alice"),
        await world.member("bob"),
        await world.member("op", operator=True),
    )
    await world.folder("team", alice=True, bob=False)
    for key in ("u/alice/own.txt", "f/team/shared.txt", "open.txt"):
        await upload(alice, key)
    assert await _seen(alice) == ["f/team/shared.txt", "open.txt", "u/alice/own.txt"]
    assert await _seen(bob) == ["f/team/shared.txt", "open.txt"]
    assert await _seen(operator) == ["open.txt"]
    await bob.refused("GET", DOWN, 404, params={"file_key": "u/alice/own.txt"})
    await upload(bob, "f/team/shared.txt", status=401)
    await upload(bob, "u/alice/own.txt", status=404)
    await upload(bob, "open.txt", b"changed")
    await upload(operator, "open.txt", status=401)
    key = (await operator("POST", UP, content=b"for a form")).json()["file_key"]
    assert key.startswith("uploads/op/")
    level = await bob.get("job_helpers/list_stored_files_paged", prefix="u")
    assert level["folders"] == []


async def _seen(caller: Any) -> list[str]:
    listed = await caller.get("job_helpers/list_stored_files", max_keys="100")
    return [file["s3"] for file in listed["windmill_large_files"]]


async def test_workspaces_and_limited_tokens_are_kept_apart(world: Any) -> None:
    await upload(world.admin, "secret.txt")
    await world.admin.elsewhere("admins").refused("GET", DOWN, 404, params={"file_key": "secret.txt"})
    await world.admin.refused("GET", DOWN, 400, params={"file_key": "../main/secret.txt"})
    limited = await world.limited_admin("job_helpers:read:open/*")
    await limited.refused("GET", DOWN, 404, params={"file_key": "secret.txt"})
    await limited.refused("POST", UP, 403, params={"file_key": "open/x"}, content=b"x")


async def test_links_open_one_file_for_a_while(world: Any) -> None:
    await upload(world.admin, "a/b c.txt")
    await upload(world.admin, "other.txt")
    signed = await world.admin("POST", "apps/sign_s3_objects", json={"s3_objects": [{"s3": "a/b c.txt"}]})
    (link,) = signed.json()
    base = "/api/w/main/s3_proxy/_default_"
    assert (await world.client.get(f"{base}/a/b c.txt?{link['presigned']}")).content == b"hello"
    assert (await world.client.get(f"{base}/other.txt?{link['presigned']}")).status_code == 401
    assert (await world.client.get(f"{base}/a/b c.txt?exp=9999999999&sig=00")).status_code == 401
    assert (await world.client.get(f"{base}/a/b c.txt?exp=1&sig=%00")).status_code == 400
    assert (await world.client.get(f"{base}/a/b c.txt")).status_code == 404
    assert (await world.admin("GET", "s3_proxy/_default_/a/b c.txt")).content == b"hello"
    await world.admin.refused(
        "POST", "apps/sign_s3_objects", 400, json={"s3_objects": [{"s3": "other.txt"}], "expiry_secs": 10**9}
    )
    await world.admin.refused("POST", "apps/sign_s3_objects", 404, json={"s3_objects": [{"s3": "nothing"}]})


async def test_what_cannot_be_meant_is_a_sentence(world: Any) -> None:
    for key in ("/x", "a//b", "a/../b", "u/alice", "f/x", "a\x01b", "a#1", "x" * 3000):
        assert "file" in await world.admin.refused("POST", UP, 400, params={"file_key": key}, content=b"x")
    for name, value in (
        ("storage", "other"),
        ("s3_resource_path", "u/admin/s3"),
        ("content_type", "a\r\nb: c"),
    ):
        await world.admin.refused("POST", UP, 400, params={"file_key": "a", name: value}, content=b"x")


async def test_an_upload_has_a_limit(world: Any) -> None:
    world.context.settings = type(world.context.settings)(
        **{**vars(world.context.settings), "max_upload_bytes": 1000}
    )
    await world.admin.refused("POST", UP, 413, params={"file_key": "a"}, content=b"x" * 1001)

    async def endless() -> Any:
        for _ in range(100):
            yield b"x" * 100

    await world.admin.refused("POST", UP, 413, params={"file_key": "a"}, content=endless())
    await world.admin.refused("GET", DOWN, 404, params={"file_key": "a"})


async def test_files_can_lie_in_a_folder_of_the_machine(world: Any) -> None:
    folder = world.context.settings.data_dir / "objects"
    world.context.objects = open_folder(folder)
    await upload(world.admin, "a/b.txt")
    assert (folder / "w" / "main" / "a" / "b.txt").read_bytes() == b"hello"
    assert (await world.admin("GET", DOWN, params={"file_key": "a/b.txt"})).content == b"hello"
    await upload(world.admin, "a/b.txt/c", status=502)
