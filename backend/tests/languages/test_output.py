"""The way of output from the pipe to the log."""

import pytest

from postmill.languages.output import Output

from .conftest import Log


@pytest.mark.parametrize(
    ("chunks", "log", "streamed"),
    [
        ([b"a\nb\n"], b"a\nb\n", ""),
        ([b"WM_STREAM: x\n"], b"", "x"),
        ([b"a\nWM_STREAM: x\\ny\nb\n"], b"a\nb\n", "x\ny"),
        ([b"WM_", b"STREAM: ", b"x", b"\n", b"rest"], b"rest", "x"),
        ([b"WM_ST", b"ART\n"], b"WM_START\n", ""),
        ([b"x WM_STREAM: no\n"], b"x WM_STREAM: no\n", ""),
        ([b"x ", b"WM_STREAM: no\n"], b"x WM_STREAM: no\n", ""),
        ([b"WM_STREAM: at the end"], b"", "at the end"),
        ([b"a", b"\n", b"W", b"\n"], b"a\nW\n", ""),
        ([b"a\nWM_WAC_ST", b'EP: {"key": "x"}\nb\n'], b"a\nb\n", ""),
        ([b"WM_WAC_STEP: {}"], b"", ""),
        ([b"x WM_WAC_STEP: {}\nWM_OTHER\nWM_STREAM: y\n"], b"x WM_WAC_STEP: {}\nWM_OTHER\n", "y"),
        ([b"\xff\n\x00WM_STREAM: x\n"], b"\xff\n\x00WM_STREAM: x\n", ""),
    ],
)
def test_stream_lines_are_taken_out(chunks: list[bytes], log: bytes, streamed: str) -> None:
    sink, pieces = Log(), list[str]()
    output = Output(sink, pieces.append)
    for chunk in chunks:
        output.write(chunk)
    output.finish()
    assert (bytes(sink.data), output.streamed) == (log, streamed)
    assert "".join(pieces) == streamed


@pytest.mark.parametrize(
    ("chunks", "line"),
    [
        ([b"a\nb\n"], "b"),
        ([b"a\nb"], "b"),
        ([b"a\n", b"b", b"c\n"], "bc"),
        ([b"a\n", b"\n"], ""),
        ([b"only"], "only"),
        ([], ""),
        ([b"a\n", b"b\nc", b"d"], "cd"),
    ],
)
def test_the_last_line_is_kept(chunks: list[bytes], line: str) -> None:
    output = Output(Log(), lambda _piece: None, line_limit=100)
    for chunk in chunks:
        output.write(chunk)
    output.finish()
    assert output.last_line == line


def test_a_line_beyond_the_limit_is_noticed() -> None:
    output = Output(Log(), lambda _piece: None, line_limit=10)
    output.write(b"x" * 20)
    assert output.line_too_long
    output.write(b"\nshort\n")
    assert (output.line_too_long, output.last_line) == (False, "short")
