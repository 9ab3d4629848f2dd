"""What goes between the evaluator's two sides. Both import it, so it knows the standard library only.

A question is ``H`` + parts: a JSON header, the function body, then one JSON text per entry of ``names``. An answer is
one letter and the number of its question: ``R`` the value, ``X`` why there is none, ``N`` what else it has to know.
"""

import json
import struct
from typing import Any

_SIZE = struct.Struct(">I")


def pack_parts(parts: list[bytes]) -> bytes:
    return b"".join(piece for part in parts for piece in (_SIZE.pack(len(part)), part))


def unpack_parts(data: bytes) -> list[bytes]:
    parts, position = [], 0
    while position < len(data):
        (size,) = _SIZE.unpack_from(data, position)
        position += _SIZE.size
        parts.append(data[position : position + size])
        position += size
    return parts


def pack_answer(number: int, content: bytes) -> bytes:
    return _SIZE.pack(number) + content


def unpack_answer(data: bytes) -> tuple[int, bytes]:
    return _SIZE.unpack_from(data)[0], data[_SIZE.size :]


def encode_header(header: dict[str, Any]) -> bytes:
    return json.dumps(header).encode()
