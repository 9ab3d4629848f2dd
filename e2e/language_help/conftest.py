"""Two folders: what lies in one of them is hidden from the members that the tests make."""

import pytest
from platform_process import Platform


@pytest.fixture(scope="session")
def both_folders(platform: Platform) -> None:
    for folder in ("board", "shared"):
        platform.post("folders/create", {"name": folder})
