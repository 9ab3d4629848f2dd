"""Pages of lists, with a cap."""

from dataclasses import dataclass

from postmill.kernel.errors import InvalidInput

DEFAULT_PER_PAGE = 1000
MAX_PER_PAGE = 10_000


@dataclass(frozen=True, slots=True)
class Page:
    """A slice of a list."""

    limit: int
    offset: int

    @classmethod
    def of(cls, page: int | None, per_page: int | None) -> "Page":
        """Pages count from 1 (0 is the first too, as a public client counts); ``per_page`` is capped.

        Raises InvalidInput for numbers below that.
        """
        number = 1 if page is None or page == 0 else page
        size = DEFAULT_PER_PAGE if per_page is None else per_page
        if number < 1 or size < 1:
            raise InvalidInput("Bad request: page and per_page count from 1")
        size = min(size, MAX_PER_PAGE)
        if number > 1_000_000_000:
            raise InvalidInput("Bad request: page is too large")
        return cls(limit=size, offset=(number - 1) * size)
