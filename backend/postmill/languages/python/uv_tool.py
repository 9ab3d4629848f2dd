"""What ``uv`` is, and how it reaches the configured indexes."""

from pathlib import Path

from uv import find_uv_bin

from postmill.languages.protocol import Registries
from postmill.languages.tool import machine_network


def uv_executable() -> Path:
    """The ``uv`` that is installed with Postmill."""
    return Path(find_uv_bin())


def network_environment(registries: Registries) -> dict[str, str]:
    """Variables with which ``uv`` reaches the configured indexes; never written into locks or command lines."""
    env = machine_network()
    if registries.python_index_url:
        env["UV_DEFAULT_INDEX"] = registries.python_index_url
    if registries.python_extra_index_urls:
        env["UV_INDEX"] = " ".join(registries.python_extra_index_urls)
    return env
