"""The languages as a file for other programs: ``python -m postmill.languages.contract`` prints it."""

import json
from dataclasses import asdict

from postmill.languages.registry import LANGUAGES


def document() -> str:
    """The registry as JSON text, one object per language, in the order of the registry."""
    return json.dumps({"languages": [asdict(language) for language in LANGUAGES]}, indent=2) + "\n"


if __name__ == "__main__":
    print(document(), end="")
