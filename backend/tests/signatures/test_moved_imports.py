"""Imports that follow a script when it moves."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from postmill.signatures.moved_imports import Move, follow_move
from postmill.signatures.python_imports import reachable_imports
from postmill.signatures.signature import InvalidSignature

OLD, NEW = "f/shop/prices", "f/store/price_list"


def moved(code: str, language: str = "python3", at: str = "f/shop/report", after: str | None = None) -> str:
    return follow_move(code, language, Move(OLD, NEW, at, after or at))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from f.shop.prices import a, b as c", "from f.store.price_list import a, b as c"),
        (
            "from f.shop.prices import (  # why\n    a,\n    b,\n)",
            "from f.store.price_list import (  # why\n    a,\n    b,\n)",
        ),
        ("import f.shop.prices as p", "import f.store.price_list as p"),
        (
            "import f.shop.prices\nx = f.shop.prices.of(f.shop.other)",
            "import f.store.price_list\nx = f.store.price_list.of(f.shop.other)",
        ),
        ("from f.shop import prices", "from f.store import price_list as prices"),
        ("from f.shop import prices as p", "from f.store import price_list as p"),
        (
            "if 1:\n    from f.shop import prices, stock as s",
            "if 1:\n    from f.shop import stock as s\n    from f.store import price_list as prices",
        ),
        (
            "x = 1; from f.shop import prices, stock",
            "x = 1; from f.shop import stock; from f.store import price_list as prices",
        ),
        ("from .prices import a", "from f.store.price_list import a"),
        ("from . import prices", "from f.store import price_list as prices"),
        ("from ..shop.prices import a", "from f.store.price_list import a"),
        ("é = 'ä'; from .prices import a  # ü", "é = 'ä'; from f.store.price_list import a  # ü"),
        ("def main():\n    from .prices import a", "def main():\n    from f.store.price_list import a"),
        ("from f.shop.prices_of import a", "from f.shop.prices_of import a"),
        ("from .stock import a", "from .stock import a"),
        ("import os, json\nfrom requests import get", "import os, json\nfrom requests import get"),
        ('run("f/shop/prices")', 'run("f/shop/prices")'),
    ],
)
def test_python(before: str, after: str) -> None:
    assert moved(before) == after
    ast.parse(after)


def test_a_name_in_the_same_folder_stays_relative() -> None:
    move = Move(OLD, "f/shop/costs", "f/shop/report", "f/shop/report")
    assert follow_move("from .prices import a", "python3", move) == "from .costs import a"
    assert follow_move("from . import prices", "python3", move) == "from . import costs as prices"


def test_the_moved_script_finds_its_neighbours_again() -> None:
    assert moved("from .stock import a", at=OLD, after=NEW) == "from f.shop.stock import a"
    assert moved("from . import stock", at=OLD, after=NEW) == "from f.shop import stock"
    assert moved('import a from "./stock.ts";', "bun", OLD, NEW) == 'import a from "../shop/stock.ts";'


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('import { a } from "/f/shop/prices.ts";', 'import { a } from "/f/store/price_list.ts";'),
        ('import { a } from "./prices";', 'import { a } from "../store/price_list";'),
        ('export * from "./prices.ts";', 'export * from "../store/price_list.ts";'),
        ('const x = await import("../shop/prices.ts");', 'const x = await import("../store/price_list.ts");'),
        ('import "./stock.ts"; import _ from "lodash";', 'import "./stock.ts"; import _ from "lodash";'),
        ('runScript("f/shop/prices")', 'runScript("f/shop/prices")'),
    ],
)
def test_typescript(before: str, after: str) -> None:
    assert moved(before, "bun") == after


def test_code_that_cannot_be_read_is_told_so() -> None:
    with pytest.raises(InvalidSignature):
        moved("from .prices import (")
    assert moved("anything f/shop/prices", "bash") == "anything f/shop/prices"


_NAMES = st.sampled_from(["a", "b", "c"])


@given(
    st.lists(st.tuples(_NAMES, _NAMES, st.booleans()), max_size=6),
    st.tuples(_NAMES, _NAMES),
    st.tuples(_NAMES, _NAMES),
)
def test_what_is_imported_afterwards_is_what_was_meant(
    imports: list[tuple[str, str, bool]], old: tuple[str, str], new: tuple[str, str]
) -> None:
    here = "f/a/here"
    lines = [
        f"from {'.' if relative and folder == 'a' else f'f.{folder}.'}{name} import x"
        for folder, name, relative in imports
    ]
    move = Move(f"f/{'/'.join(old)}", f"f/{'/'.join(new)}", here, here)
    changed = follow_move("\n".join(lines), "python3", move)
    meant = [move.target(f"f/{folder}/{name}") for folder, name, _ in imports]
    found = [path for path in reachable_imports(changed, here) if path.count("/") == 2]
    assert found == list(dict.fromkeys(meant))
