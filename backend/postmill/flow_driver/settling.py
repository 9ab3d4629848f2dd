"""What waits for the preprocessor of a flow: a tag and a key of concurrency that are made of its arguments."""

from typing import Any

from postmill.flow_driver.children import FLOW_TAG
from postmill.flow_driver.flow_in_hand import FlowInHand
from postmill.flow_driver.surroundings import Surroundings
from postmill.kernel import json
from postmill.launch.run_settings import limited
from postmill.launch.templates import names_args, tag_of
from postmill.model.flow import FlowValue
from postmill.tables.flow_runs.flow_run import Settled


async def settled_by_args(around: Surroundings, flow: FlowInHand) -> Settled | None:
    """What a flow is given once its arguments are known; None where it has had all from its beginning.

    Raises InvalidInput for a tag that cannot be one.
    """
    row = flow.row
    workspace, tag = row.workspace_id, None
    version = flow.origin.document.version
    if row.tag == FLOW_TAG and version is not None:
        loaded = await around.flows.by_version(workspace, version)
        tag = None if loaded is None else loaded.document.settings.tag
    key = flow.view.flow.concurrency_key if row.concurrency_key is None else None
    if not names_args(tag) and not names_args(key):
        return None
    args = json.decode(flow.args_text)
    return Settled(
        id=row.id,
        tag=tag_of(tag, workspace, args) if tag is not None and names_args(tag) else row.tag,
        **(_limits(flow.view.flow, workspace, args) if names_args(key) else {}),
    )


def _limits(flow: FlowValue, workspace: str, args: Any) -> dict[str, Any]:
    return limited(
        flow.concurrent_limit, flow.concurrency_time_window_s, flow.concurrency_key, workspace, "", args
    )
