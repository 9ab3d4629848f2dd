"""Fields of a ``multipart/form-data`` body, read within bounds."""

from dataclasses import dataclass
from typing import Any

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from postmill.kernel.errors import InvalidInput


def parse_multipart(content_type: str, body: bytes, *, max_fields: int) -> dict[str, Any]:
    """One text argument per field; a field that comes more than once becomes a list of its texts.

    A field with files is a list of ``FilePart``, also for one. Raises InvalidInput for a malformed body, for more than
    ``max_fields`` fields and for a text that is not UTF-8.
    """
    _, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if not boundary:
        raise InvalidInput("Bad request: the multipart content type names no boundary")
    reader = _Reader(max_fields)
    try:
        parser = MultipartParser(boundary, callbacks=reader.callbacks())  # type: ignore[arg-type]
        parser.write(body)
        parser.finalize()
    except FormParserError as error:
        raise InvalidInput(f"Bad request: malformed multipart body: {error}") from None
    if not reader.ended:
        raise InvalidInput("Bad request: the multipart body ends before its last boundary")
    return reader.arguments()


@dataclass(frozen=True)
class FilePart:
    """A file of a form; ``name`` is what its sender called it."""

    name: str
    content_type: str
    content: bytes


class _Reader:
    """Collects what the parser reports, part by part."""

    def __init__(self, max_fields: int) -> None:
        self._max_fields = max_fields
        self._fields: list[tuple[str, str | FilePart]] = []
        self._header_name = b""
        self._header_value = b""
        self._disposition = self._content_type = b""
        self._data = bytearray()
        self.ended = False

    def callbacks(self) -> dict[str, Any]:
        return {
            "on_part_begin": self._begin,
            "on_part_data": self._add_data,
            "on_part_end": self._end,
            "on_header_field": self._add_header_name,
            "on_header_value": self._add_header_value,
            "on_header_end": self._end_header,
            "on_end": self._finish,
        }

    def arguments(self) -> dict[str, Any]:
        """The fields by name; values of a repeated name in their order."""
        grouped: dict[str, list[str | FilePart]] = {}
        for name, value in self._fields:
            grouped.setdefault(name, []).append(value)
        return {
            name: values[0] if len(values) == 1 and isinstance(values[0], str) else values
            for name, values in grouped.items()
        }

    def _begin(self) -> None:
        self._disposition = self._content_type = b""
        self._data.clear()

    def _add_data(self, data: bytes, start: int, end: int) -> None:
        self._data += data[start:end]

    def _add_header_name(self, data: bytes, start: int, end: int) -> None:
        self._header_name += data[start:end]

    def _add_header_value(self, data: bytes, start: int, end: int) -> None:
        self._header_value += data[start:end]

    def _end_header(self) -> None:
        if self._header_name.lower() == b"content-disposition":
            self._disposition = self._header_value
        elif self._header_name.lower() == b"content-type":
            self._content_type = self._header_value
        self._header_name = self._header_value = b""

    def _end(self) -> None:
        _, options = parse_options_header(self._disposition)
        name = options.get(b"name")
        if name is None:
            raise InvalidInput("Bad request: a part of the multipart body has no name")
        if len(self._fields) >= self._max_fields:
            raise InvalidInput(f"Bad request: a form may have at most {self._max_fields} fields")
        content = bytes(self._data)
        if b"filename" in options:
            kind = self._content_type.decode("latin-1").strip()
            self._fields.append((_text(name), FilePart(_text(options[b"filename"]), kind, content)))
        else:
            self._fields.append((_text(name), _text(content)))

    def _finish(self) -> None:
        self.ended = True


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise InvalidInput("Bad request: a field of the multipart body is not UTF-8") from None
