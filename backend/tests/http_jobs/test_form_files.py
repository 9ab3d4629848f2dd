"""Forms with files start jobs whose arguments name where the files lie."""

from postmill.objects.contract import whole

from .conftest import World


async def test_files_of_a_form_are_stored_and_named(world: World) -> None:
    await world.admin.deploy("u/admin/take")
    binary = bytes(range(256)) + b"[" * 5000
    files = [
        ("doc", ("re port.PDF", binary, "application/pdf")),
        ("many", ("a.txt", b"a", "text/plain")),
        ("many", ("b", b"b", "text/plain")),
    ]
    for path, nested in (("p", False), ("p", True)):
        query = {"wrap_body": "true"} if nested else {}
        started = await world.admin(
            "POST", f"jobs/run/{path}/u/admin/take", data={"word": "x"}, files=files, params=query
        )
        assert started.status_code == 201, started.text
        args = await world.admin.get(f"jobs_u/get_args/{started.text}")
        args = args["body"] if nested else args
        assert args["word"] == "x"
        (doc,) = args["doc"]
        assert doc["s3"].startswith("uploads/admin/") and doc["s3"].endswith(".PDF")
        assert await whole(world.context.objects, f"w/main/{doc['s3']}") == binary
        assert [await whole(world.context.objects, f"w/main/{one['s3']}") for one in args["many"]] == [
            b"a",
            b"b",
        ]


async def test_nobody_sends_files_without_a_name(world: World) -> None:
    answer = await world.anonymous("POST", "jobs/run/p/u/admin/take", files={"doc": b"x"})
    assert answer.status_code == 401
    assert await world.context.objects.under("") == []
