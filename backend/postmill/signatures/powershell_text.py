"""A reader of PowerShell text that knows where strings, comments and brackets begin and end, and nothing else."""

import re
from typing import NoReturn

from postmill.signatures.signature import InvalidSignature

_SPACE = re.compile(r"(?:\s|`\r?\n|<#.*?#>|#[^\n]*)+", re.DOTALL)
_HERE = re.compile(r"@'[ \t]*\r?\n.*?\n'@|@\"[ \t]*\r?\n.*?\n\"@", re.DOTALL)
_VARIABLE = re.compile(r"\$(?:\{([^}]+)\}|([\w?]+))")
_PAIRS = {"(": ")", "[": "]", "{": "}"}


class Scanner:
    """A place ``at`` in ``text`` that moves forward."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0

    def peek(self) -> str:
        return self.text[self.at : self.at + 1]

    def rest(self) -> str:
        """Everything from here, without comments at its end."""
        start, end = self.at, self.at
        while self.at < len(self.text):
            self.skip_space()
            if self.at < len(self.text):
                self._step()
                end = self.at
        return self.text[start:end]

    def skip_space(self) -> None:
        """Goes past white space and comments."""
        found = _SPACE.match(self.text, self.at)
        if found is not None:
            self.at = found.end()

    def word(self, word: str) -> bool:
        """Goes past a word, in whatever case; False when another stands here."""
        found = re.compile(rf"{word}\b", re.IGNORECASE).match(self.text, self.at)
        if found is None:
            return False
        self.at = found.end()
        return True

    def variable(self) -> str | None:
        """Goes past ``$name`` or ``${name}`` and answers the name."""
        found = _VARIABLE.match(self.text, self.at)
        if found is None:
            return None
        self.at = found.end()
        return found[1] or found[2]

    def bracketed(self) -> str:
        """Goes past the brackets that begin here and answers what is between them. Raises InvalidSignature."""
        start = self.at
        waiting = [_PAIRS[self.peek()]]
        self.at += 1
        while waiting:
            self.skip_space()
            character = self.peek()
            if not character:
                self._unclosed(start)
            if character in _PAIRS:
                waiting.append(_PAIRS[character])
                self.at += 1
            elif character == waiting[-1]:
                waiting.pop()
                self.at += 1
            else:
                self._step()
        return self.text[start + 1 : self.at - 1]

    def split(self, mark: str) -> list[str]:
        """The parts of the text between marks that stand outside of everything; none for an empty text."""
        parts, start = [], 0
        while self.at < len(self.text):
            self.skip_space()
            character = self.peek()
            if character in _PAIRS:
                self.bracketed()
            elif character == mark:
                parts.append(self.text[start : self.at])
                self.at += 1
                start = self.at
            elif character:
                self._step()
        parts.append(self.text[start:])
        return [part for part in parts if part.strip()]

    def _step(self) -> None:
        """Goes past one character, or past a whole string."""
        here = _HERE.match(self.text, self.at)
        if here is not None:
            self.at = here.end()
        elif self.peek() == "'":
            self._string(re.compile(r"'(?:[^']|'')*'"))
        elif self.peek() == '"':
            self._string(re.compile(r'"(?:[^"`]|`.|"")*"', re.DOTALL))
        else:
            self.at += 2 if self.peek() == "`" else 1

    def _string(self, form: re.Pattern[str]) -> None:
        found = form.match(self.text, self.at)
        if found is None:
            self._unclosed(self.at)
        self.at = found.end()

    def _unclosed(self, start: int) -> NoReturn:
        line = self.text.count("\n", 0, start) + 1
        column = start - (self.text.rfind("\n", 0, start) + 1) + 1
        raise InvalidSignature(f"what {self.text[start]!r} opens here is not closed", line, column)
