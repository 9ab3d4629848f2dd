"""A result may choose headers of its response, and none that holds for more than that response."""

import asyncio
import json

import pytest

from postmill.http.api.jobs.reading.composite import answer
from tests.http_jobs.conftest import World


@pytest.mark.parametrize(
    "name",
    [
        "Set-Cookie",
        "Clear-Site-Data",
        "Strict-Transport-Security",
        "Alt-Svc",
        "Service-Worker-Allowed",
        "Report-To",
        "NEL",
        "Access-Control-Allow-Origin",
        "Content-Security-Policy",
        "Transfer-Encoding",
    ],
)
@pytest.mark.parametrize("spelled", [str, str.lower, str.upper])
def test_headers_of_the_whole_site_stay_out(name: str, spelled: type[str]) -> None:
    wish = {"wm_headers": {spelled(name): "x", "X-Own": "y"}, "result": 1}
    assert answer(json.dumps(wish).encode(), success=True).headers == {"X-Own": "y"}


async def test_what_a_result_says_it_is_stays_without_an_origin(world: World) -> None:
    await world.admin.deploy("u/admin/page")
    result = {"wm_content_type": "text/html", "result": "<script>1</script>", "wm_headers": {"X-Own": "y"}}

    async def work() -> None:
        await world.worker.run_next(result)

    worker = asyncio.create_task(work())
    shown = await world.admin("POST", "jobs/run_wait_result/p/u/admin/page", json={})
    await worker
    assert (shown.text, shown.headers["x-own"]) == ("<script>1</script>", "y")
    policies = shown.headers.get_list("content-security-policy")
    assert policies and all("sandbox" in policy for policy in policies)
    assert shown.headers["x-content-type-options"] == "nosniff"
    assert shown.headers["referrer-policy"] == "no-referrer"
