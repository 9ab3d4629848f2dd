"""Floor 9: duties that one server at a time does for the whole instance; one file per duty."""

from postmill.maintenance.duties import run

__all__ = ["run"]
