"""The collector of reference cycles, told what a long-lived process is: what it has loaded stays."""

import gc

YOUNG = 5_000
"""Objects made and not yet gone that start a look at the young ones; the interpreter's own number is 700, which some
ten requests reach, whose objects nearly all go without the collector."""


def settle() -> None:
    """Called once a process has started: modules, tables and pools are never looked at again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(YOUNG, 20, 20)
