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
        known = len(needles)
        for secret in secrets:
            needles |= _forms(secret)
        if len(needles) == known:
            return
        # The longest first, so that a part of a secret does not break up the whole.
        self._needles = sorted(needles, key=len, reverse=True)

    def add_plain(self, secret: str) -> None:
        """Masks a text that has no other form, for instance a token; cheap, as every job has one."""
        self._needles = sorted({*self._needles, secret}, key=len, reverse=True) if self._needles else [secret]

    def mask(self, text: str) -> str:
        for needle in self._needles:
            if needle in text:
                text = text.replace(needle, MASK)
        return text

    def safe_length(self, text: str) -> int:
        """How much of the text can be masked and stored now: the rest may be the begin of a secret.

        The cut never goes through a secret, not even through one of several that overlap.
        """
        cut = len(text) - self._longest_begin(text)
        while (start := self._start_of_spanning(text, cut)) is not None:
            cut = start
        return cut

    def _longest_begin(self, text: str) -> int:
        """The length of the longest end of the text with which a secret begins."""
        held = 0
        for needle in self._needles:
            for length in range(min(len(needle) - 1, len(text)), held, -1):
                if text.endswith(needle[:length]):
                    held = length
                    break
        return held

    def _start_of_spanning(self, text: str, cut: int) -> int | None:
        for needle in self._needles:
            start = text.find(needle, max(0, cut - len(needle) + 1), cut + len(needle) - 1)
            if 0 <= start < cut:
                return start
        return None


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
