"""Secret texts are replaced wherever they show up in what a job prints. Pure."""

import base64
import json
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

MASK = "****"
SHORTEST = 3
"""Shorter secrets are left alone: masking every ``a`` would destroy the text and tell the secret."""
SHORTEST_LINE = 6


class Masker:
    """Knows the secrets of one job. ``mask`` works on complete text, ``safe_length`` on text that goes on."""

    def __init__(self) -> None:
        self._needles: list[str] = []

    def add(self, secrets: Iterable[str]) -> None:
        """Masks these texts from now on, also line by line and JSON-, URL- and base64-encoded."""
        needles = set(self._needles)
        for secret in secrets:
            needles |= _forms(secret)
        # The longest first, so that a part of a secret does not break up the whole.
        self._needles = sorted(needles, key=len, reverse=True)

    def add_plain(self, secret: str) -> None:
        """Masks a text that has no other form, for instance a token; cheap, as every job has one."""
        self._needles = sorted({*self._needles, secret}, key=len, reverse=True)

    def mask(self, text: str) -> str:
        for needle in self._needles:
            if needle in text:
                text = text.replace(needle, MASK)
        return text

    def safe_length(self, text: str) -> int:
        """How much of the text can be masked and stored now: the rest may be the begin of a secret."""
        held = 0
        for needle in self._needles:
            for length in range(min(len(needle) - 1, len(text)), held, -1):
                if text.endswith(needle[:length]):
                    held = length
                    break
        return len(text) - held


def _forms(secret: str) -> set[str]:
    texts = {secret, secret.strip()}
    lines = {line.strip() for line in secret.splitlines()}
    texts |= {line for line in lines if len(line) >= SHORTEST_LINE}
    forms: set[str] = set()
    for text in texts:
        if len(text) >= SHORTEST:
            forms |= _encodings(text)
    return forms


def _encodings(text: str) -> set[str]:
    encoded = text.encode("utf-8", "replace")
    return {
        text,
        json.dumps(text)[1:-1],
        json.dumps(text, ensure_ascii=False)[1:-1],
        repr(text)[1:-1],
        quote(text, safe="", errors="replace"),
        quote(text, errors="replace"),
        quote_plus(text, errors="replace"),
        *_base64_forms(encoded),
    }


def _base64_forms(data: bytes) -> set[str]:
    """The data in base64 at each of the three positions that it can have inside longer data."""
    forms: set[str] = set()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        forms.add(encode(data).decode().rstrip("="))
        for shift in (1, 2):
            # The first characters depend on what stands before, the last on what follows.
            middle = encode(b"\0" * shift + data).decode().rstrip("=")[shift + 1 :]
            forms.add(middle[: len(middle) - len(middle) % 4])
    return {form for form in forms if len(form) >= SHORTEST_LINE}
