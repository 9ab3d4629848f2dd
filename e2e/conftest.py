"""A platform in processes of its own, shared by the tests of a session."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from platform_process import Platform, running_platform

from tests.go_caches import share_go_caches

# What takes minutes begins first, so that at the end no process waits for another one's long file.
LONG_FILES = (
    "language_help/test_go_is_built.py",
    "browser/test_editor.py",
    "browser/test_every_page.py",
    "browser/test_flows.py",
    "clients/test_flow_clients.py",
    "browser/test_ui.py",
    "language_help/test_python_help.py",
    "typescript/test_typescript.py",
    "examples/test_examples.py",
    "clients/test_workflows.py",
    "clients/test_clients.py",
    "browser/test_flow_keys.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Long files first; the others, and the tests of each file, as they were found."""
    ranks = {f"e2e/{name}": rank for rank, name in enumerate(LONG_FILES)}
    items.sort(key=lambda item: ranks.get(item.nodeid.partition("::")[0], len(ranks)))


@pytest.fixture(scope="session")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """``postmill up`` as a user starts it."""
    data_dir = Path(tmp_path_factory.mktemp("platform"))
    share_go_caches(data_dir / "cache")
    with running_platform(data_dir) as platform:
        yield platform
