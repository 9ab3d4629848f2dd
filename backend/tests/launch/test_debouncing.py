"""Which runs become one."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from postmill.kernel import json
from postmill.launch.debouncing import debounced
from postmill.model.debouncing import Debouncing
from postmill.model.job import NewJob
from postmill.queue.debounce import Debounce
from tests.job_makers import new_job

MOMENT = datetime(2030, 1, 1, tzinfo=UTC)
BY_CUSTOMER = Debouncing(debounce_delay_s=5, debounce_key="$workspace-$args[customer]")


def run(**given: Any) -> NewJob:
    args = json.encode_text(given.pop("args", {}))
    return new_job(**{"kind": "script", "path": "u/alice/x", "raw_code": None, "args": args, **given})


def joined(wanted: Debouncing, **given: Any) -> tuple[NewJob, Debounce]:
    made = debounced(wanted, run(**given), MOMENT)
    assert made is not None
    return made


def key(wanted: Debouncing, **given: Any) -> str:
    return joined(wanted, **given)[1].key


def test_a_run_is_put_off_within_its_bounds() -> None:
    job, how = joined(
        Debouncing(debounce_delay_s=5, max_total_debouncing_time=60, max_total_debounces_amount=3)
    )
    assert job.scheduled_for == MOMENT + timedelta(seconds=5)
    assert (how.delay_seconds, how.most_seconds, how.most_runs, how.accumulate) == (5, 60, 3, ())
    _, boundless = joined(
        Debouncing(debounce_delay_s=5, max_total_debouncing_time=0, max_total_debounces_amount=0)
    )
    assert (boundless.most_seconds, boundless.most_runs) == (None, None)


@pytest.mark.parametrize(
    ("wanted", "given"),
    [
        (Debouncing(), {}),
        (Debouncing(debounce_delay_s=0, debounce_key="k"), {}),
        (Debouncing(debounce_delay_s=-1), {}),
        (BY_CUSTOMER, {"scheduled_for": MOMENT}),
        (BY_CUSTOMER, {"preprocess": True, "args": {"event": {}}}),
        (
            Debouncing(debounce_delay_s=5, debounce_args_to_accumulate=("items",)),
            {"preprocess": True, "args": {"event": {}}},
        ),
        # A flow is joined behind its preprocessor.
        (Debouncing(debounce_delay_s=5, debounce_key="all"), {"kind": "flow", "preprocess": True}),
    ],
)
def test_runs_that_go_by_themselves(wanted: Debouncing, given: dict[str, Any]) -> None:
    assert debounced(wanted, run(**given), MOMENT) is None


def test_a_script_with_a_preprocessor_is_joined_where_no_argument_decides() -> None:
    wanted = Debouncing(debounce_delay_s=5, debounce_key="all")
    args = [{"event": {"n": n}} for n in (1, 2)]
    assert len({key(wanted, preprocess=True, args=given) for given in args}) == 1


def test_a_key_says_which_runs_are_joined() -> None:
    assert key(BY_CUSTOMER, args={"customer": 1, "n": 1}) == key(BY_CUSTOMER, args={"customer": 1, "n": 2})
    assert key(BY_CUSTOMER, args={"customer": 1}) != key(BY_CUSTOMER, args={"customer": 2})


def test_without_a_key_the_other_arguments_decide() -> None:
    wanted = Debouncing(debounce_delay_s=5, debounce_args_to_accumulate=("items",))
    first = key(wanted, args={"a": 1, "b": 2, "items": [1]})
    assert first == key(wanted, args={"b": 2, "items": [2], "a": 1})
    assert first != key(wanted, args={"a": 2, "b": 2, "items": [1]})


@pytest.mark.parametrize(
    "other",
    [
        {"workspace_id": "else"},
        {"path": "u/alice/y"},
        {"kind": "flow"},
        {"kind": "preview"},
        {"created_by": "bob"},
        {"permissioned_as": "u/bob"},
        {"scopes": ("jobs:run",)},
        {"entrypoint": "other"},
    ],
)
def test_nobodys_run_takes_anothers(other: dict[str, Any]) -> None:
    wanted = Debouncing(debounce_delay_s=5, debounce_key="k")
    assert key(wanted) != key(wanted, **other)


def test_a_key_of_long_arguments_has_an_end() -> None:
    assert len(key(BY_CUSTOMER, args={"customer": "\x00" + "x" * 100_000})) < 300


def test_what_is_collected_is_not_cached() -> None:
    cache = {"cache_key": "c", "cache_ttl_seconds": 60}
    plain, _ = joined(Debouncing(debounce_delay_s=5), **cache)
    collected, _ = joined(Debouncing(debounce_delay_s=5, debounce_args_to_accumulate=("a",)), **cache)
    assert (plain.cache_key, plain.cache_ttl_seconds) == ("c", 60)
    assert (collected.cache_key, collected.cache_ttl_seconds) == (None, None)
