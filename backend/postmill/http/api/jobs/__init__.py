"""Jobs over HTTP: start them, wait for them, follow them, read them, list them, cancel them."""

from postmill.http.api.jobs import (
    approvals,
    cancel,
    copies,
    database_schema,
    deletion,
    flow_dependencies,
    flow_overviews,
    flow_runs,
    groups,
    lists,
    metrics,
    read,
    rows,
    run,
    run_flows,
    shared,
    wait,
    workflows,
)
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *run.OPERATIONS,
    *run_flows.OPERATIONS,
    *flow_runs.OPERATIONS,
    *flow_overviews.OPERATIONS,
    *flow_dependencies.OPERATIONS,
    *wait.OPERATIONS,
    *workflows.OPERATIONS,
    *database_schema.OPERATIONS,
    *read.OPERATIONS,
    *rows.OPERATIONS,
    *lists.OPERATIONS,
    *groups.OPERATIONS,
    *cancel.OPERATIONS,
    *approvals.OPERATIONS,
    *shared.OPERATIONS,
    *deletion.OPERATIONS,
    *copies.OPERATIONS,
    *metrics.OPERATIONS,
)
