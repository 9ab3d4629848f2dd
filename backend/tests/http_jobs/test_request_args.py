"""How the body, the query and the headers of a request become arguments."""

import base64
import json

import pytest

from postmill.http.api.jobs.request.request_args import PLAIN, Asked, Received, arguments, event, from_payload
from postmill.kernel.errors import InvalidInput


def received(
    body: bytes, content_type: str = "application/json", query: str = "", **headers: str
) -> Received:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Received("POST", content_type, body, named, query)


def encoded(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b'{"a": 1, "b": [true, null]}', {"a": 1, "b": [True, None]}),
        (b"[1, 2]", {"body": [1, 2]}),
        (b'"text"', {"body": "text"}),
        (b"null", {"body": None}),
        (b"", {}),
    ],
)
def test_json_becomes_arguments(body: bytes, expected: dict[str, object]) -> None:
    assert arguments(received(body), PLAIN) == expected


def test_body_without_a_type_is_json() -> None:
    assert arguments(received(b'{"a": 1}', ""), PLAIN) == {"a": 1}


def test_raw_adds_the_text_and_wrap_body_puts_it_below_body() -> None:
    body = b'{"a": 1}'
    assert arguments(received(body), Asked(raw=True)) == {"a": 1, "raw_string": '{"a": 1}'}
    assert arguments(received(body), Asked(wrap_body=True)) == {"body": {"a": 1}}


def test_forms_give_one_text_per_field() -> None:
    form = received(b"a=1&b=x+y&b=z&c=", "application/x-www-form-urlencoded; charset=utf-8")
    assert arguments(form, PLAIN) == {"a": "1", "b": "z", "c": ""}


def test_multipart_fields_and_repeated_fields() -> None:
    body = (
        b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\none\r\n'
        b'--X\r\nContent-Disposition: form-data; name="b"\r\n\r\n1\r\n'
        b'--X\r\nContent-Disposition: form-data; name="b"\r\n\r\n2\r\n--X--\r\n'
    )
    assert arguments(received(body, "multipart/form-data; boundary=X"), PLAIN) == {
        "a": "one",
        "b": ["1", "2"],
    }


@pytest.mark.parametrize(
    ("body", "content_type", "sentence"),
    [
        (b"--X\r\n", "multipart/form-data", "boundary"),
        (b"nonsense", "multipart/form-data; boundary=X", "multipart"),
        (
            b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n\xff\r\n--X--\r\n',
            "multipart/form-data; boundary=X",
            "UTF-8",
        ),
        (b"\xff=1", "application/x-www-form-urlencoded", "UTF-8"),
        (b"{", "application/json", "malformed JSON"),
        (b"[]", "application/cloudevents+json", "JSON object"),
    ],
)
def test_broken_bodies_are_refused_with_a_sentence(body: bytes, content_type: str, sentence: str) -> None:
    with pytest.raises(InvalidInput, match=sentence):
        arguments(received(body, content_type), PLAIN)


@pytest.mark.parametrize(
    "content_type", ["text/plain", "application/xml", "text/xml", "application/soap+xml"]
)
def test_text_reaches_the_script_as_raw_string(content_type: str) -> None:
    assert arguments(received(b"<a/>", content_type), PLAIN) == {"raw_string": "<a/>"}


def test_bytes_that_are_no_text_come_as_base64() -> None:
    assert arguments(received(b"\xff\x00", "application/octet-stream"), PLAIN) == {"raw_string": "/wA="}


def test_cloud_event_gives_its_data_and_its_metadata() -> None:
    body = json.dumps({"specversion": "1.0", "id": "7", "data": {"a": 1}}).encode()
    assert arguments(received(body, "application/cloudevents+json"), PLAIN) == {
        "a": 1,
        "WEBHOOK__METADATA__": {"specversion": "1.0", "id": "7"},
    }


def test_headers_and_query_values_join_when_asked_for_but_never_credentials() -> None:
    request = received(
        b'{"a": 1}', query="q=1&token=s", x_request_id="7", authorization="Bearer s", cookie="token=s"
    )
    asked = Asked(
        include_header="X-Request-Id, Authorization,cookie,x-absent", include_query="q,token,absent"
    )
    assert arguments(request, asked) == {"a": 1, "x_request_id": "7", "q": "1"}


def test_payload_in_both_alphabets_with_and_without_padding() -> None:
    value = {"a": "ÿ?>~", "n": 1}
    assert from_payload(encoded(value)) == value
    assert from_payload(base64.b64encode(json.dumps(value).encode()).decode()) == value
    assert from_payload(encoded([1])) == {"body": [1]}


@pytest.mark.parametrize("payload", ["%%%", "a", encoded("x")[:-2] + "!!"])
def test_payload_that_is_no_base64_is_refused(payload: str) -> None:
    with pytest.raises(InvalidInput):
        from_payload(payload)


def test_a_payload_that_nests_deeply_is_refused() -> None:
    with pytest.raises(InvalidInput, match="nests deeper than 100 levels"):
        from_payload(base64.b64encode(b'{"x":' + b"[" * 120 + b"]" * 120 + b"}").decode())


def test_the_body_wins_over_the_payload() -> None:
    request = received(b'{"a": 2}')
    assert arguments(request, Asked(payload=encoded({"a": 1, "b": 1}))) == {"a": 2, "b": 1}


def test_event_of_a_preprocessor_holds_the_request_without_credentials() -> None:
    request = received(b'{"a": 1}', query="q=1&token=s", x_kind="push", authorization="Bearer s")
    assert event(request, Asked()) == {
        "kind": "webhook",
        "body": {"a": 1},
        "raw_string": None,
        "headers": {"x-kind": "push"},
        "query": {"q": "1"},
    }
    assert event(request, Asked(raw=True))["raw_string"] == '{"a": 1}'


def test_event_of_a_text_body_carries_the_text() -> None:
    made = event(received(b"<a/>", "text/xml"), Asked())
    assert (made["body"], made["raw_string"]) == (None, "<a/>")
