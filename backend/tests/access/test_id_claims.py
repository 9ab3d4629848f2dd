"""What a run may say of itself: the paths of deployed code alone."""

import pytest

from postmill.access.id_claims import RunOrigin, id_claims, lifetime, require_audience
from postmill.kernel.errors import InvalidInput
from postmill.model.subject import Subject

BOB = Subject(email="bob@example.com", username="bob", workspace_id="main", groups=frozenset({"ops", "dev"}))


def said(origin: RunOrigin) -> tuple[str, str, str]:
    claims = id_claims(BOB, origin, issuer="https://x/api/oidc/", audience="aws", issued_at=100, seconds=60)
    assert (claims["aud"], claims["iat"], claims["exp"], claims["groups"]) == (
        "aws",
        100,
        160,
        ["dev", "ops"],
    )
    return claims["sub"], claims["path"], claims["flow_path"]


@pytest.mark.parametrize(
    ("origin", "path", "flow_path"),
    [
        (RunOrigin(job_id="j", kind="script", path="f/a/s"), "f/a/s", ""),
        (RunOrigin(job_id="j", kind="preview", path="f/a/s"), "", ""),
        (RunOrigin(job_id="j", kind="dependencies", path="f/a/s"), "", ""),
        (
            RunOrigin(job_id="j", kind="script", path="f/a/s", flow_kind="flow", flow_path="f/a/flow"),
            "f/a/s",
            "f/a/flow",
        ),
        (
            RunOrigin(job_id="j", kind="preview", path="f/a/flow/b", flow_kind="flow", flow_path="f/a/flow/loop-0"),
            "f/a/flow/b",
            "f/a/flow",
        ),
        (
            RunOrigin(job_id="j", kind="preview", path="f/a/flow/b", flow_kind="flowpreview", flow_path="f/a/flow"),
            "",
            "",
        ),
        (
            RunOrigin(job_id="j", kind="script", path="f/a/s", flow_kind="flowpreview", flow_path="f/a/flow"),
            "f/a/s",
            "",
        ),
    ],
)  # fmt: skip
def test_only_deployed_code_has_a_path(origin: RunOrigin, path: str, flow_path: str) -> None:
    assert said(origin) == (f"bob@example.com::{path}::{flow_path}::main", path, flow_path)


def test_lifetimes_and_audiences_have_bounds() -> None:
    assert (lifetime(None), lifetime(1), lifetime(172800)) == (3600, 1, 172800)
    for seconds in (0, -1, 172801, float("nan"), float("inf")):
        with pytest.raises(InvalidInput):
            lifetime(seconds)
    assert require_audience("https://api.example.com/x") == "https://api.example.com/x"
    for audience in ("", "a" * 256, "a\nb"):
        with pytest.raises(InvalidInput):
            require_audience(audience)
