"""One job in one single-use child: orders out, messages and output in, an end that names its cause."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from postmill.kernel.json import encode
from postmill.languages.output import Output
from postmill.languages.protocol import RunRequest, UntilStored
from postmill.languages.spares import SparePool
from postmill.model.limits import Limits
from postmill.sandbox.child import Child, ChildEnd, encode_frame
from postmill.sandbox.process import until_ended
from postmill.sandbox.zygote import ZygoteFailed

BASE_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
_DATA_HEADROOM = 256 * 1024**2  # above the watched limit, so that the watch speaks first where both could


@dataclass
class Said:
    """What a child said about its run: messages by letter, the last of each."""

    frames: dict[bytes, bytes]


def environment(request: RunRequest, child: Child, path: str = BASE_PATH) -> dict[str, str]:
    """A job's environment, built from nothing."""
    temporary = child.slot.temporary
    base = {"PATH": path, "HOME": temporary, "LANG": "C.UTF-8", "TMPDIR": temporary}
    return {**request.env, **base}


def limits_record(limits: Limits) -> dict[str, int]:
    """The limits that the child sets on itself before foreign code runs."""
    return {
        "file_bytes": limits.file_bytes,
        "open_files": limits.open_files,
        "data_bytes": limits.memory_bytes + limits.memory_bytes // 4 + _DATA_HEADROOM,
    }


BEGIN = encode_frame(b"G", b"")
LAST_WORD = b"X"


def orders(header: dict[str, Any], **contents: bytes) -> bytes:
    """The bytes that start a run."""
    return description(header, **contents) + BEGIN


def description(header: dict[str, Any], **contents: bytes) -> bytes:
    """The same without the message that starts it."""
    parts = [encode_frame(b"H", encode(header))]
    parts += [encode_frame(kind.encode(), content) for kind, content in contents.items()]
    return b"".join(parts)


async def take_child(pool: SparePool) -> Child:
    """A waiting child; a zygote that died in the meantime is replaced once. Raises ZygoteFailed."""
    try:
        return await pool.take()
    except ZygoteFailed:
        return await pool.take()


@contextmanager
def ended_unused(child: Child) -> Iterator[None]:
    """Orders are made for a child that was taken, which depend on where it stands; where that fails, it is ended."""
    try:
        yield
    except BaseException:
        child.terminate("cancelled", 0.0)
        raise


async def until_stored(stored: UntilStored, child: Child, header: dict[str, Any], **contents: bytes) -> None:
    """Waits with a child that was taken for a run which may not begin yet; ended unused where that comes to nothing.

    It knows its orders meanwhile, and makes ready what runs none of the script. What it prints is read when it runs.
    """
    with ended_unused(child):
        child.hold_output()
        child.send(description({**header, "waits": True}, **contents) + encode_frame(b"W", b""))
        await stored()
    child.follow_output()


async def run_program(
    child: Child, request: RunRequest, header: dict[str, Any], output: Output, program: int | None = None
) -> tuple[ChildEnd, Said]:
    """Like ``run_single``; the child becomes a program, that of the descriptor wherever its file lies."""
    with ended_unused(child):
        start = encode({**header, "program": True} if program is not None else header)
    return await run_single(child, request, lambda: child.begin(start, program), output)


async def run_single(
    child: Child,
    request: RunRequest,
    start: bytes | Callable[[], None],
    output: Output,
    on_frame: Callable[[bytes, bytes], None] | None = None,
    on_last_word: Callable[[Said], None] | None = None,
) -> tuple[ChildEnd, Said]:
    """Runs the orders, or what sends them, to their end. Cancelling ends the child's processes first.

    ``on_last_word`` is called when a child that was told to (``tells_end``) has said all and is about to go.
    """
    said = Said({})

    def take(kind: bytes, content: bytes) -> None:
        child.keep(said.frames, kind, content)
        is_last = kind == LAST_WORD and kind in said.frames
        if is_last and on_last_word is not None and child.slot.child is child:
            child.drain_output()
            on_last_word(said)

    child.on_frame = on_frame or take
    child.on_output = output.write
    child.frame_limit = request.limits.result_bytes + 1024
    limits = request.limits
    child.watch(limits, request.usage)
    timer = asyncio.get_running_loop().call_later(
        limits.wall_seconds, child.terminate, "timeout", limits.grace_seconds
    )
    if request.shared is not None:
        child.slot.lend(request.shared)
    if isinstance(start, bytes):
        child.send(start)
    else:
        start()
    try:
        end = await until_ended(child, limits.grace_seconds)
    finally:
        timer.cancel()
        output.finish()
    return end, said
