"""Where the manual lies, and what is in it; read once."""

from functools import cache
from pathlib import Path

from postmill.kernel.errors import NotFound
from postmill.manual.sections import Found, Section, search, sections_of

_INSTALLED = Path(__file__).parent / "pages"
_CHECKOUT = Path(__file__).parents[3] / "docs"
# What users read; the decisions of developers are none of it.
SHELVES = ("tutorial", "how-to", "reference", "explanation")


def find(query: str) -> list[Found]:
    """The sections that answer a question best, the best first."""
    return search(_sections(), query)


def read(page: str, section: str | None = None) -> str:
    """The Markdown of a page, or of its section with this title or anchor; raises NotFound."""
    text = _pages().get(page)
    if text is None:
        raise NotFound(f"Not found: the manual has no page {page[:100]!r}")
    if not section:
        return text
    for one in _sections():
        if one.page == page and section.lower() in (one.anchor, one.title.lower()):
            return f"# {one.title}\n\n{one.text}\n"
    raise NotFound(f"Not found: {page} has no section {section[:100]!r}")


@cache
def _pages() -> dict[str, str]:
    """Every page by its name, ``how-to/approvals.md``; nothing but these is ever opened."""
    root = _INSTALLED if _INSTALLED.is_dir() else _CHECKOUT
    files = [file for shelf in SHELVES for file in sorted((root / shelf).glob("*.md"))]
    return {file.relative_to(root).as_posix(): file.read_text("utf-8") for file in files}


@cache
def _sections() -> tuple[Section, ...]:
    return tuple(section for page, text in _pages().items() for section in sections_of(page, text))
