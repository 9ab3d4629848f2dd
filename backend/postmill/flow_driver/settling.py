"""What waits for the preprocessor of a flow: a tag and keys, of limits and of joining runs, made of its arguments."""

from postmill.flow_driver.children import FLOW_TAG
from postmill.flow_driver.flow_in_hand import FlowInHand
from postmill.flow_driver.surroundings import Surroundings
from postmill.kernel import json
from postmill.launch.debouncing import how_joined
from postmill.launch.run_settings import limited
from postmill.launch.templates import names_args, tag_of
from postmill.queue.debounce import Debounce
from postmill.tables.flow_runs.flow_run import Settled


async def settled_by_args(around: Surroundings, flow: FlowInHand) -> tuple[Settled, Debounce | None] | None:
    """What a flow is given once its arguments are known, and how it waits for others of its kind, if it does.

    None where it has had all from its beginning. Raises InvalidInput for a tag that cannot be one.
    """
    row, value = flow.row, flow.view.flow
    workspace, tag = row.workspace_id, None
    version = flow.origin.document.version
    if row.tag == FLOW_TAG and version is not None:
        loaded = await around.flows.by_version(workspace, version)
        tag = None if loaded is None else loaded.document.settings.tag
    joins = how_joined(value.debouncing, row, flow.args_text)
    has_limit = row.concurrency_key is None and (joins is not None or names_args(value.concurrency_key))
    if not names_args(tag) and not has_limit and joins is None:
        return None
    args = json.decode(flow.args_text)
    limit = {}
    if has_limit:
        window, default = value.concurrency_time_window_s, f"flow/{row.path}"
        limit = limited(value.concurrent_limit, window, value.concurrency_key, workspace, default, args)
    settled = Settled(
        id=row.id,
        tag=tag_of(tag, workspace, args) if tag is not None and names_args(tag) else row.tag,
        delay_seconds=None if joins is None else joins.delay_seconds,
        **limit,
    )
    return settled, joins
