"""Pages of lists: ``page`` counts from 1, ``per_page`` is capped."""

import msgspec

from postmill.kernel.errors import InvalidInput

DEFAULT_PER_PAGE = 1000
MAX_PER_PAGE = 10_000
MAX_PAGE = 1_000_000


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """The page parameters of a query; other query Structs may inherit from it."""

    page: int | None = None
    per_page: int | None = None

    @property
    def limit(self) -> int:
        """How many rows at most; raises InvalidInput for a number below 1."""
        if self.per_page is not None and self.per_page < 1:
            raise InvalidInput("Bad request: per_page is at least 1")
        return min(self.per_page or DEFAULT_PER_PAGE, MAX_PER_PAGE)

    @property
    def offset(self) -> int:
        """How many rows come before the page; raises InvalidInput for a page that cannot be."""
        page = 1 if self.page is None else self.page
        if not 1 <= page <= MAX_PAGE:
            raise InvalidInput(f"Bad request: page lies between 1 and {MAX_PAGE}")
        return (page - 1) * self.limit
