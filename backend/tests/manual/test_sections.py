"""Pages in sections, and the search in them."""

from postmill.manual import pages
from postmill.manual.sections import search, sections_of

PAGE = """# Flows

What a flow is.

## Retry a step

A step is tried again. See [limits](limits.md).

```bash
# no heading: a comment of code
```

## Approvals

Somebody says yes. Retries do not matter here.
"""


def test_a_page_has_a_section_for_each_heading() -> None:
    sections = sections_of("how-to/flows.md", PAGE)
    assert [one.title for one in sections] == ["Flows", "Retry a step", "Approvals"]
    assert {one.page_title for one in sections} == {"Flows"}
    assert sections[1].anchor == "retry-a-step"
    assert "# no heading" in sections[1].text


def test_what_comes_before_any_heading_is_a_section_too() -> None:
    assert [one.title for one in sections_of("a.md", "only text")] == ["a.md"]
    assert sections_of("a.md", "") == []


def test_a_heading_says_more_than_a_text() -> None:
    found = search(sections_of("flows.md", PAGE), "retry policies")
    assert [hit.section.title for hit in found] == ["Retry a step"]
    found = search(sections_of("flows.md", PAGE), "step")
    assert found[0].section.title == "Retry a step"
    assert found[0].snippets == ("A step is tried again. See limits.",)


def test_plurals_and_case_do_not_matter() -> None:
    assert search(sections_of("flows.md", PAGE), "APPROVAL")[0].section.title == "Approvals"


def test_nothing_is_found_where_no_word_is_there() -> None:
    assert search(sections_of("flows.md", PAGE), "zebra") == []
    assert search(sections_of("flows.md", PAGE), "? !") == []


def test_the_manual_of_the_platform_answers() -> None:
    pages_found = [hit.section.page for hit in pages.find("approval link")]
    assert "how-to/approvals.md" in pages_found
    assert pages.read("how-to/approvals.md").startswith("# ")
