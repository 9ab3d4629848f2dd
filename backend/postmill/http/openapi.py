"""``python -m postmill.http.openapi`` prints the OpenAPI document, for ``contracts/openapi.json``."""

import sys

from postmill.http.api import OPERATIONS
from postmill.http.description import as_json

if __name__ == "__main__":
    sys.stdout.buffer.write(as_json(OPERATIONS))
