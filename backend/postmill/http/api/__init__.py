"""The areas of the API, one line each; an area is a module or package with ``OPERATIONS``."""

from postmill.http.api import health
from postmill.http.operation import Operation

OPERATIONS: tuple[Operation, ...] = (*health.OPERATIONS,)
