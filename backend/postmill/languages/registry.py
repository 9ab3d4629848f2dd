"""The languages, one line each; everything that lists languages derives from here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """What the rest of the system needs to know of a language without running it."""

    name: str
    extension: str
    comment_mark: str
    default_tag: str
    needs_lock: bool
    aliases: tuple[str, ...] = ()


LANGUAGES: tuple[Language, ...] = (
    Language("python3", "py", "#", "python3", needs_lock=True, aliases=("python",)),
    Language("bash", "sh", "#", "bash", needs_lock=False, aliases=("sh",)),
)

_BY_NAME = {name: language for language in LANGUAGES for name in (language.name, *language.aliases)}


def find_language(name: str) -> Language | None:
    """The language of a name or alias; None for one that no worker runs."""
    return _BY_NAME.get(name)
