"""The build hook: a wheel and a source archive hold the built web UI, so that an install needs no Node.js."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

sys.path.insert(0, str(Path(__file__).resolve().parent))

from web_build import WebBuild


class WebHook(BuildHookInterface):  # type: ignore[type-arg]
    """Builds the UI unless it is there already; an editable install is a checkout, whose verbs build it."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if version == "editable":
            return
        web = WebBuild(Path(self.root))
        if not web.is_current():
            self.app.display_info("building the web UI")
            web.build()
