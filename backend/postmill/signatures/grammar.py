"""Code to its tree by a grammar of tree-sitter, for as long as sound code could take at most."""

import itertools
import time

from tree_sitter import Language, Node, Parser

from postmill.signatures.signature import InvalidSignature

# Of the processor, for this code alone: a sound megabyte takes a quarter of a second. What is no code of the language
# can take time by the square of its length, and for all of it the interpreter runs nothing else.
MOST_SECONDS = 3.0
_PIECE = 65_536
_CALLS_PER_LOOK = 32


class TooIntricate(InvalidSignature):
    """The code takes too long to be read."""


def parse(language: Language, code: bytes) -> Node:
    """The root of the tree, in which errors are nodes; raises TooIntricate."""
    end = time.thread_time() + MOST_SECONDS
    calls = itertools.count(1)

    def piece(offset: int, _point: object) -> bytes:
        return code[offset : offset + _PIECE]

    def is_late(*_: object) -> bool:
        # This is called every hundred steps of the parser, and to read the clock of a thread is a call of the system.
        return next(calls) % _CALLS_PER_LOOK == 0 and time.thread_time() > end

    try:
        # A parser of its own: while it asks for more, other threads read other code.
        tree = Parser(language).parse(piece, progress_callback=is_late)
    except ValueError:
        raise TooIntricate(
            f"the code is too intricate: after {MOST_SECONDS:g} s its parser gave up, which quotes and brackets that "
            "nothing closes make likely"
        ) from None
    return tree.root_node
