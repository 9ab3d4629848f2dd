"""The manual that comes with the platform: a search in it, and its pages."""

from urllib.parse import parse_qs, quote, urlsplit

import msgspec

from postmill.http.call import Call
from postmill.http.operation import Operation
from postmill.http.responses import Response, as_json
from postmill.kernel.errors import InvalidInput
from postmill.manual import pages
from postmill.manual.sections import Section

TAGS = ("documentation",)
MAX_QUERY = 500
PAGE = "/docs/page"


class SearchQuery(msgspec.Struct, frozen=True):
    query: str


class PageQuery(msgspec.Struct, frozen=True):
    """``url``: as a search gave it, or the name of a page such as ``how-to/approvals.md``."""

    url: str
    section: str | None = None


class FoundSection(msgspec.Struct, frozen=True):
    """A section of a page; ``snippets`` are lines of it that hold words of the question."""

    url: str
    title: str
    score: int
    snippets: list[str]


class FoundSections(msgspec.Struct, frozen=True):
    """``text`` says the same as the results, to be read as it is."""

    text: str
    results: list[FoundSection]


class ManualPage(msgspec.Struct, frozen=True):
    """``text`` is Markdown."""

    text: str
    source_url: str


def _url(call: Call, page: str, anchor: str | None = None) -> str:
    address = f"{call.context.settings.public_url}/api{PAGE}?url={quote(page)}"
    return f"{address}&section={anchor}" if anchor else address


def _title(section: Section) -> str:
    same = section.title == section.page_title
    return section.title if same else f"{section.page_title}: {section.title}"


async def search(call: Call) -> Response:
    question = call.query(SearchQuery).query
    if not question.strip() or len(question) > MAX_QUERY:
        raise InvalidInput(f"Bad request: query has 1 to {MAX_QUERY} characters")
    results = [
        FoundSection(
            url=_url(call, hit.section.page, hit.section.anchor),
            title=_title(hit.section),
            score=hit.score,
            snippets=list(hit.snippets),
        )
        for hit in pages.find(question)
    ]
    text = "\n\n".join("\n".join([one.title, one.url, *one.snippets]) for one in results)
    return as_json(FoundSections(text, results))


async def read_page(call: Call) -> Response:
    asked = call.query(PageQuery)
    page, section = _named(asked)
    return as_json(ManualPage(pages.read(page, section), _url(call, page)))


def _named(asked: PageQuery) -> tuple[str, str | None]:
    """The page and the section that are meant; an address of a search names both."""
    try:
        address = urlsplit(asked.url)
    except ValueError:
        raise InvalidInput("Bad request: url is no address") from None
    if not address.query:
        return asked.url, asked.section
    named = parse_qs(address.query, max_num_fields=20)
    section = named.get("section", [None])[0]
    return named.get("url", [""])[0], asked.section or section


OPERATIONS = (
    Operation(
        "searchDocs", "GET", "/docs/search", search, "login", TAGS,
        "The sections of the manual that answer a question best", query=SearchQuery, returns=FoundSections,
    ),
    Operation(
        "readDocsPage", "GET", PAGE, read_page, "login", TAGS, "A page of the manual, or a section of it",
        query=PageQuery, returns=ManualPage,
    ),
)  # fmt: skip
