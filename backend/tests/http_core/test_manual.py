"""The manual over HTTP."""

import httpx


async def test_a_question_leads_to_a_section(admin: httpx.AsyncClient) -> None:
    found = (await admin.get("/docs/search", params={"query": "approval"})).json()
    first = found["results"][0]
    assert first["score"] >= found["results"][-1]["score"] > 0
    assert first["title"] in found["text"] and first["snippets"]
    page = (await admin.get("/docs/page", params={"url": first["url"]})).json()
    assert page["text"].startswith("# ") and page["source_url"].startswith("http")
    same = (await admin.get(first["url"].partition("/api")[2])).json()
    assert same == page
    whole = (await admin.get("/docs/page", params={"url": "how-to/approvals.md"})).json()
    assert len(whole["text"]) > 500


async def test_only_pages_of_the_manual_are_read(admin: httpx.AsyncClient) -> None:
    for odd in ("../pyproject.toml", "/etc/passwd", "how-to/../../README.md", "http://[", "?url=/etc/passwd"):
        answer = await admin.get("/docs/page", params={"url": odd})
        assert answer.status_code in (400, 404), odd
    answer = await admin.get("/docs/page", params={"url": "how-to/approvals.md", "section": "no such"})
    assert answer.status_code == 404
    for question in ("", " ", "x" * 501):
        assert (await admin.get("/docs/search", params={"query": question})).status_code == 400
