"""Jobs over HTTP: start them, wait for them, follow them, read them, list them, cancel them: a room for each."""

from postmill.http.api.jobs.changing import cancel, copies, deletion, marks
from postmill.http.api.jobs.flows import flow_dependencies, flow_overviews, flow_runs
from postmill.http.api.jobs.links import approvals, shared
from postmill.http.api.jobs.lists import groups, lists
from postmill.http.api.jobs.reading import metrics, read, rows
from postmill.http.api.jobs.starting import database_schema, rerun, run, run_flows, wait, workflows
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *run.OPERATIONS,
    *rerun.OPERATIONS,
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
    *marks.OPERATIONS,
    *approvals.OPERATIONS,
    *shared.OPERATIONS,
    *deletion.OPERATIONS,
    *copies.OPERATIONS,
    *metrics.OPERATIONS,
)
