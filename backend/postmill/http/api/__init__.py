"""The areas of the API, a room for each; an area is a module or package with ``OPERATIONS``."""

from postmill.http.api import editor, flows, instance, items, jobs, openapi, people, scripts, workspace
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (
    *openapi.OPERATIONS,
    *instance.OPERATIONS,
    *people.OPERATIONS,
    *workspace.OPERATIONS,
    *jobs.OPERATIONS,
    *scripts.OPERATIONS,
    *flows.OPERATIONS,
    *items.OPERATIONS,
    *editor.OPERATIONS,
)
