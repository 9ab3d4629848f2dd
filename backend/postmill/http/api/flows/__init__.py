"""Flows over HTTP."""

from postmill.http.api.flows import versions
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = versions.OPERATIONS
