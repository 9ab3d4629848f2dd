"""The reference page of the settings names every setting, and no other."""

import re
from dataclasses import fields
from pathlib import Path

from postmill.kernel.settings import PREFIX, Settings

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "settings.md"
OF_PUSH = {"POSTMILL_TOKEN"}
"""What `postmill push` reads, which runs where no setting is needed."""


def test_the_page_names_every_setting_and_nothing_else() -> None:
    documented = set(re.findall(rf"`({PREFIX}[A-Z_]+)`", PAGE.read_text()))
    existing = {PREFIX + item.name.upper() for item in fields(Settings)}
    assert documented == existing | OF_PUSH
