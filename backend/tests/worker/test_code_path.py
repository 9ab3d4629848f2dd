"""From where relative imports count."""

from typing import Any

import msgspec
import pytest

from postmill.model.job import ClaimedJob
from postmill.worker.code_path import code_path


def job(**given: Any) -> ClaimedJob:
    """A claimed job of which only these members matter."""
    values: dict[str, Any] = dict.fromkeys(ClaimedJob.__struct_fields__)
    return msgspec.structs.replace(ClaimedJob(**values), **given)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"path": "f/x/script"}, "f/x/script"),
        ({"path": None, "flow_step_id": "a"}, None),
        ({"path": "f/x/flow/a", "flow_step_id": "a"}, "f/x/flow"),
        ({"path": "f/x/flow/loop-3/branchone-0/a", "flow_step_id": "a"}, "f/x/flow"),
        ({"path": "f/x/y/flow/forloop-12/a", "flow_step_id": "a"}, "f/x/y/flow"),
        ({"path": "f/x/loop-1/a", "flow_step_id": "a"}, "f/x/loop-1"),
        ({"path": "f/x/own", "flow_step_id": "a"}, "f/x/own"),
        ({"path": "f/x/script/a", "flow_step_id": "a", "script_hash": 5}, "f/x/script/a"),
    ],
)
def test_where_code_stands(given: dict[str, Any], expected: str | None) -> None:
    assert code_path(job(**given)) == expected
