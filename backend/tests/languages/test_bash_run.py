"""Bash scripts: where the result comes from, how values become text."""

from typing import Any

import msgspec
import pytest

from postmill.kernel.errors import InvalidInput
from postmill.languages.bash.run import arguments
from postmill.languages.spares import SparePool
from postmill.sandbox.child import Child
from tests.job_makers import until

from .conftest import LIMITS, Bench


@pytest.mark.parametrize(
    ("code", "result"),
    [
        ("echo one\necho ' two '", "two"),
        ("printf 'no newline'", "no newline"),
        ("true", ""),
        ("echo line\necho '{\"a\": 1}' > result.json", {"a": 1}),
        ("echo line\necho text > result.out", "text"),
        ("echo '[1]' > result.json\necho text > result.out", [1]),
        ("echo line\n: > result.json", "line"),
        ("echo a\r\necho b\r\n", "b"),
    ],
)
async def test_the_result_is_a_file_or_the_last_line(bench: Bench, code: str, result: Any) -> None:
    ran = await bench.bash(code)
    assert (ran.end, ran.result) == ("success", result), ran.result


async def test_the_first_failing_command_ends_the_script(bench: Bench) -> None:
    ran = await bench.bash("echo before\nfalse\necho after")
    assert ran.end == "error"
    assert ran.result == {
        "message": 'exit code for "bash run": 1, last log lines:\nbefore\n',
        "name": "ExecutionErr",
        "exit_code": 1,
    }


async def test_a_failed_script_may_say_why(bench: Bench) -> None:
    ran = await bench.bash('echo \'{"message": "mine"}\' > result.json\nexit 1')
    assert (ran.end, ran.result) == ("error", {"message": "mine"})


async def test_a_result_file_that_is_no_json_is_a_failure(bench: Bench) -> None:
    ran = await bench.bash("echo '{' > result.json")
    assert ran.end == "error"
    assert "valid JSON" in ran.result["message"]


async def test_a_result_file_behind_a_link_is_not_read(bench: Bench) -> None:
    ran = await bench.bash("ln -s /etc/hosts result.out\necho line")
    assert ran.result == "line"


async def test_colours_stay_in_the_log_and_leave_the_message(bench: Bench) -> None:
    ran = await bench.bash("printf '\\033[31mred\\033[0m\\n'\nexit 2")
    assert ran.log.printed == b"\x1b[31mred\x1b[0m\n"
    assert ran.result["message"].endswith("last log lines:\nred\n")


def test_values_become_text() -> None:
    code = 'a="$1"\nb="$2"\nc="${3:-default}"\nd="$4"\n'
    assert arguments(code, '{"a": "text", "b": {"x": [1, null]}, "d": 1.5}') == [
        "text",
        '{"x":[1,null]}',
        "",
        "1.5",
    ]


async def test_programs_have_slots_of_their_own_once_these_stand(bench: Bench) -> None:
    assert (await bench.bash("echo first")).result == "first"
    await until_programs_are_started_by_the_init(bench)
    ran = await bench.bash('test "$HOME" = /tmp || test -d "$HOME"\necho "$0 $#"')
    assert (ran.end, ran.result) == ("success", "main.sh 0")
    assert bench.runtime._workshop.program_pool(LIMITS).spec.program_limits is not None


async def until_programs_are_started_by_the_init(bench: Bench) -> None:
    """Waits for the slots that start programs without a fork."""
    workshop = bench.runtime._workshop

    async def stands() -> bool:
        return workshop.program_pool(LIMITS) is not workshop.plain_pool()

    await until(stands)


async def test_what_the_init_read_for_the_job_before_is_out_of_reach(bench: Bench) -> None:
    await until_programs_are_started_by_the_init(bench)
    code = 'for name in mem environ; do head -c 1 /proc/1/$name 2>/dev/null && echo "$name open"; done\necho closed'
    assert (await bench.bash(code)).log.printed == b"closed\n"


async def test_large_orders_arrive(bench: Bench) -> None:
    await until_programs_are_started_by_the_init(bench)
    comment = "#" + "x" * 300_000 + "\n"
    ran = await bench.bash(f'{comment}text="$1"\necho "${{#text}}"', {"text": "é" * 50_000})
    assert (ran.end, ran.result) == ("success", "50000")


async def test_orders_that_cannot_be_carried_out_are_told(bench: Bench) -> None:
    await until_programs_are_started_by_the_init(bench)
    ran = await bench.bash("echo 1", env={"A=B": "c"})
    assert ran.end == "error"
    assert b"the job process could not run: ValueError" in ran.log.data
    assert (await bench.bash("echo next")).result == "next"


async def test_other_limits_than_most_jobs_have_hold(bench: Bench) -> None:
    limits = msgspec.structs.replace(LIMITS, open_files=33)
    ran = await bench.bash("ulimit -n; ulimit -Hn", limits=limits)
    assert ran.log.printed == b"33\n33\n"


async def test_a_child_that_never_began_ends_when_told_to(bench: Bench) -> None:
    await until_programs_are_started_by_the_init(bench)
    pool = bench.runtime._workshop.program_pool(LIMITS)
    child = await pool.take()
    child.terminate("cancelled", 5.0)
    assert (await child.ended).cause == "cancelled"
    assert (await bench.bash("echo next")).result == "next"


async def test_a_child_whose_end_came_first_begins_nothing(bench: Bench) -> None:
    await until_programs_are_started_by_the_init(bench)
    child = await bench.runtime._workshop.program_pool(LIMITS).take()
    child.terminate("cancelled", 5.0)
    child.begin(b"{}")
    assert (await child.ended).cause == "cancelled"
    assert child.slot.usable  # another job may be in it by now


async def test_arguments_that_cannot_be_read_keep_no_slot(bench: Bench) -> None:
    await until_programs_are_started_by_the_init(bench)
    pool = bench.runtime._workshop.program_pool(LIMITS)
    for _ in range(3):
        with pytest.raises(InvalidInput):
            await bench.bash('half="$1"', {"half": "\ud83d"})
    assert pool.in_use == 0
    with pytest.raises(UnicodeEncodeError):
        await bench.bash("echo", env={"HALF": "\udcff"})
    await eventually_unused(pool)


@pytest.mark.parametrize(
    ("language", "code"),
    [("python3", "def main():\n    pass\n"), ("duckdb", "SELECT 1")],
)
async def test_orders_that_cannot_be_encoded_leave_no_child(bench: Bench, language: str, code: str) -> None:
    taken: list[Child] = []
    take = SparePool.take

    async def noted(pool: SparePool) -> Child:
        taken.append(await take(pool))
        return taken[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(SparePool, "take", noted)
        await bench.run(language, code)
        with pytest.raises(UnicodeEncodeError):
            await bench.run(language, code, env={"HALF": "\udcff"})
    assert len(taken) == 2
    for child in taken:
        await child.ended


async def eventually_unused(pool: SparePool) -> None:
    async def is_unused() -> bool:
        return pool.in_use == 0

    await until(is_unused)


async def test_large_orders_of_one_job_are_no_memory_of_the_next(bench: Bench) -> None:
    await until_programs_are_started_by_the_init(bench)
    usual = (await bench.bash("true")).outcome.memory_peak_kb
    large = "#" + "x" * 20_000_000 + "\necho large"
    for _ in range(3):
        assert (await bench.bash(large)).result == "large"
    for _ in range(6):  # in every slot that waits
        assert (await bench.bash("true")).outcome.memory_peak_kb < usual + 10_000


@pytest.mark.parametrize("size", [131_071, 131_072, 5_000_000])
async def test_an_argument_may_be_longer_than_a_command_line(bench: Bench, size: int) -> None:
    code = (
        'long="$1"\nempty="$2"\nlast="$3"\n'
        'echo "$# ${#long} [${empty}] $(printf %s "$last" | od -An -c | tr -d " ") $0 $(ls -A | tr "\\n" " ")"'
    )
    ran = await bench.bash(code, {"long": "é" * (size // 2), "last": "x\n"})
    assert ran.result == f"3 {size // 2} [] x\\n main.sh main.sh", ran.log.data
    failed = await bench.bash('long="$1"\nfalse\necho never', {"long": "x" * size})
    assert failed.end == "error" and failed.result["exit_code"] == 1
    returned = await bench.bash('long="$1"\nexit 3', {"long": "x" * size})
    assert returned.result["exit_code"] == 3
