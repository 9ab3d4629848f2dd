"""The files of an environment on disk: what is in them, how large they are, how they go away."""

import os
import shutil
from pathlib import Path


def describe(site: Path) -> tuple[list[str], int]:
    """Top-level importable names of a folder on ``sys.path``, sorted, and the bytes of its files."""
    modules = {name for entry in site.iterdir() if (name := _module_name(entry))}
    return sorted(modules), folder_bytes(site)


def folder_bytes(folder: Path) -> int:
    """Bytes of all files below; what disappears meanwhile does not count."""
    total = 0
    pending = [str(folder)]
    while pending:
        try:
            with os.scandir(pending.pop()) as entries:
                for entry in entries:
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(entry.path)
                    else:
                        total += entry.stat(follow_symlinks=False).st_size
        except OSError:
            continue
    return total


def remove_tree(path: Path) -> None:
    """Removes a file or folder, if there is one, never following links."""
    if path.is_symlink() or path.is_file():
        path.unlink(missing_ok=True)
    elif path.exists():
        shutil.rmtree(path, onerror=_make_writable)


def _make_writable(function: object, path: str, error: object) -> None:
    """Some packages bring folders without write permission."""
    folder = Path(path).parent
    folder.chmod(0o700)
    target = Path(path)
    if target.is_dir() and not target.is_symlink():
        target.chmod(0o700)
        shutil.rmtree(target, ignore_errors=True)
    else:
        target.unlink(missing_ok=True)


def _module_name(entry: Path) -> str | None:
    """The name under which an entry of a ``sys.path`` folder is imported, None for other files."""
    name = entry.name.split(".")[0]
    if not name.isidentifier() or name == "bin" or name.startswith("__"):
        return None
    if entry.is_dir():
        return name if "." not in entry.name else None
    return name if entry.suffix in (".py", ".so") else None
