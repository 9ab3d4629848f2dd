"""A platform in processes of its own, shared by the tests of a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from platform_process import Platform, running_platform


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """``postmill up`` as a user starts it."""
    with running_platform(Path(tmp_path_factory.mktemp("platform"))) as platform:
        yield platform
