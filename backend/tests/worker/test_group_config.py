"""What the config of a worker group means for its jobs."""

from postmill.kernel.json import encode
from postmill.worker.group_config import GroupConfig, variables_of


def test_bytes_that_are_no_text_reach_a_job_as_replacements() -> None:
    config = GroupConfig(env_vars_allowlist=["ODD", "ABSENT"], env_vars_static={"MINE": "1"})
    found = variables_of(config, {"ODD": "caf\udce9 \u00e9", "OTHER": "x"})
    assert found == {"ODD": "caf\ufffd \u00e9", "MINE": "1"}
    assert encode(found)  # as the orders of its process
