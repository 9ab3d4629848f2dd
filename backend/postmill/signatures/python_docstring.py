"""What the docstring of a function says about its arguments, in the layout of a section ``Args:``."""

import re

_ENTRY = re.compile(r"^\*{0,2}(\w+)\s*(?:\([^)]*\)|\([^:]*\))?\s*:\s*(.+)$")
_SECTION = re.compile(r"^(?:Args|Arguments|Parameters):\s*$", re.IGNORECASE)


def argument_docs(docstring: str | None) -> dict[str, str]:
    """Argument name to its text; lines that continue an entry are joined with a space."""
    lines = (docstring or "").splitlines()
    start = next((i for i, line in enumerate(lines) if _SECTION.match(line.strip())), None)
    if start is None:
        return {}
    docs: dict[str, str] = {}
    current: str | None = None
    entry_indent: int | None = None
    for line in lines[start + 1 :]:
        text = line.strip()
        if not text:
            if docs:
                break
            continue
        indent = len(line) - len(line.lstrip())
        if entry_indent is None:
            entry_indent = indent
        if indent > entry_indent and current:
            docs[current] += f" {text}"
        elif indent == entry_indent and (entry := _ENTRY.match(text)):
            current = entry[1]
            docs[current] = entry[2]
        else:
            break
    return docs
