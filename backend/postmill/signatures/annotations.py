"""Annotations: comment lines at the very top of a script, ``key`` or ``key=value`` each."""

import re
from dataclasses import dataclass

_PYTHON_VERSION = re.compile(r"^py3(\d+)$")
_PYTHON_SPECIFIER = re.compile(r"^py:\s*(.+)$")


@dataclass(frozen=True)
class PythonAnnotations:
    """What a Python script asks for.

    ``python`` holds version specifiers (``==3.12.*``, ``>=3.11,<3.13``), all of which must hold.
    """

    python: tuple[str, ...] = ()
    newest_python: bool = False
    skip_result_postprocessing: bool = False


@dataclass(frozen=True)
class TypeScriptAnnotations:
    """What a TypeScript script asks for: the runtime ``nodejs`` or ``native``, no bundle.

    ``fresh_realm``: a native script that begins anew with each run.
    """

    nodejs: bool = False
    native: bool = False
    nobundling: bool = False
    fresh_realm: bool = False


def annotation_lines(code: str, mark: str = "#") -> list[str]:
    """The text after the comment mark of the leading comment lines; blank lines do not end them."""
    found: list[str] = []
    for line in code.removeprefix("\ufeff").splitlines():
        text = line.strip()
        if not text:
            continue
        if not text.startswith(mark):
            break
        found.append(text.removeprefix(mark).strip())
    return found


def python_annotations(code: str) -> PythonAnnotations:
    """The known annotations of a Python script; unknown ones are ordinary comments."""
    lines = annotation_lines(code)
    keys = set(lines)
    return PythonAnnotations(
        python=tuple(filter(None, map(_python_specifier, lines))),
        newest_python="py_select_latest" in keys,
        skip_result_postprocessing="skip_result_postprocessing" in keys,
    )


def typescript_annotations(code: str) -> TypeScriptAnnotations:
    """The known annotations of a TypeScript script."""
    keys = set(annotation_lines(code, "//"))
    return TypeScriptAnnotations(
        nodejs="nodejs" in keys,
        native="native" in keys,
        nobundling="nobundling" in keys,
        fresh_realm="fresh_realm" in keys,
    )


def _python_specifier(line: str) -> str | None:
    if version := _PYTHON_VERSION.match(line):
        return f"==3.{version[1]}.*"
    if specifier := _PYTHON_SPECIFIER.match(line):
        return python_specifier(specifier[1])
    return None


def python_specifier(text: str) -> str:
    """A version specifier in PEP 440 form; a bare ``3.12`` means every 3.12."""
    text = re.sub(r"\s+", "", text)
    if re.fullmatch(r"\d+\.\d+", text):
        return f"=={text}.*"
    if re.fullmatch(r"\d+(\.\d+)+", text):
        return f"=={text}"
    return text
