"""Results that choose their HTTP response, and those that do not."""

import json
from typing import Any

import pytest

from postmill.http.api.jobs.reading.composite import Answer, answer


def answered(value: Any, *, success: bool = True) -> Answer:
    return answer(json.dumps(value).encode(), success=success)


@pytest.mark.parametrize("value", [1, None, "windmill_status_code", {"a": 1}, [{"wm_headers": {}}]])
def test_plain_results_are_json(value: Any) -> None:
    made = answered(value)
    assert (made.status, json.loads(made.body), made.content_type) == (200, value, "application/json")
    assert answered(value, success=False).status == 422


@pytest.mark.parametrize("prefix", ["windmill_", "wm_"])
def test_status_type_and_headers_are_the_scripts_choice(prefix: str) -> None:
    made = answered(
        {
            f"{prefix}status_code": 418,
            f"{prefix}content_type": "text/csv",
            f"{prefix}headers": {
                "X-Kind": "tea",
                "Content-Length": "5",
                "Set-Cookie": "token=x",
                "Bad\nName": "x",
            },
            "result": "a,b\n",
        }
    )
    assert made == Answer(418, b"a,b\n", "text/csv", {"X-Kind": "tea"})


def test_status_defaults() -> None:
    assert answered({"wm_content_type": "text/plain", "result": "x"}).status == 200
    assert answered({"wm_content_type": "text/plain"}) == Answer(204, b"", "text/plain")
    assert answered({"wm_content_type": "text/plain", "result": "x"}, success=False).status == 422
    assert answered({"wm_status_code": 99999, "result": "x"}).status == 200


def test_objects_are_sent_as_json_and_base64_as_bytes() -> None:
    assert answered({"wm_status_code": 201, "result": {"a": 1}}).body == b'{"a":1}'
    binary = {"wm_content_transfer_encoding": "base64", "wm_content_type": "image/png", "result": "iVBO"}
    assert answered(binary).body == b"\x89PN"
    assert answered({**binary, "result": "%"}).status == 422


@pytest.mark.parametrize("kind", ["text/html", "image/svg+xml", "text/javascript"])
def test_documents_that_browsers_run_get_no_origin(kind: str) -> None:
    made = answered(
        {"wm_content_type": kind, "result": "<script>", "wm_headers": {"content-security-policy": "x"}}
    )
    assert made.headers["Content-Security-Policy"].startswith("sandbox;")
