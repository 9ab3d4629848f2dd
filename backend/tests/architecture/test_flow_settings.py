"""Every setting of a flow document that is read is looked at by what runs flows: none is accepted and forgotten."""

import re
from pathlib import Path

import pytest

import postmill
from postmill.model import flow as model
from postmill.model.debouncing import Debouncing

ROOT = Path(postmill.__file__).parent
RUNS_FLOWS = ("flow_logic", "flow_driver", "launch", "items", "http/api/jobs")
FOR_READERS = {"summary", "is_trigger"}
REFUSED = {"cache_ignore_s3_path"}  # by model/flow_reading
RECORDS = (
    model.FlowValue, model.FlowModule, model.Stop, model.Suspend, model.StepRetry, model.Mock, Debouncing,
    model.InlineScript, model.ScriptStep, model.Subflow, model.ForLoop, model.WhileLoop, model.Branch, model.BranchOne,
    model.BranchAll,
)  # fmt: skip


@pytest.fixture(scope="module")
def code() -> str:
    return "\n".join(path.read_text() for part in RUNS_FLOWS for path in sorted((ROOT / part).rglob("*.py")))


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_settings_are_looked_at(record: type, code: str) -> None:
    names = set(record.__struct_fields__) - FOR_READERS - REFUSED  # type: ignore[attr-defined]
    unseen = {name for name in names if not re.search(rf"""(\.{name}\b|["']{name}["'])""", code)}
    assert unseen == set()
