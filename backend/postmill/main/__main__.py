"""``python -m postmill.main`` is the command ``postmill``."""

from postmill.main.command import run

run()
