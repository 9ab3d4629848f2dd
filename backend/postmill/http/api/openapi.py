"""The description of this API."""

from postmill.http import description
from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, raw_json, text

TAGS = ("openapi",)


async def as_json(call: Call) -> Response:
    return raw_json(description.as_json(call.context.operations))


async def as_yaml(call: Call) -> Response:
    return text(description.as_yaml(call.context.operations))


OPERATIONS = (
    Operation(
        "getOpenApi",
        "GET",
        "/openapi.json",
        as_json,
        "public",
        ("postmill", *TAGS),
        "This document as JSON",
        returns="application/json",
    ),
    Operation(
        "getOpenApiYaml",
        "GET",
        "/openapi.yaml",
        as_yaml,
        "public",
        TAGS,
        "This document as YAML",
        returns="text/plain",
    ),
)
