"""Locks on files, for what several worker processes of one machine share."""

import asyncio
import contextlib
import fcntl
import os
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path


@asynccontextmanager
async def exclusively(path: Path) -> AsyncIterator[None]:
    """Waits for the file lock without holding up the event loop."""
    descriptor = _open(path)
    try:
        pause = 0.01
        while True:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                await asyncio.sleep(pause)
                pause = min(pause * 2, 0.25)
        yield
    finally:
        os.close(descriptor)


def shared(path: Path) -> int:
    """A descriptor that holds the file lock together with others; exclusive holders keep it for a moment only."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH)
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


@contextlib.contextmanager
def in_shared_use(path: Path) -> Iterator[None]:
    """Holds the file lock together with others."""
    descriptor = shared(path)
    try:
        yield
    finally:
        os.close(descriptor)


@contextlib.contextmanager
def only_one(path: Path) -> Iterator[None]:
    """Holds the file lock alone; raises BlockingIOError when somebody else has it."""
    descriptor = _open(path)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    finally:
        os.close(descriptor)


def _open(path: Path) -> int:
    return os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
