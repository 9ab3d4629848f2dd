# ruff: noqa: PTH103, PTH110, PTH112, PTH114, PTH115, PTH116, PTH120, PTH123, PTH211
# pathlib would only make the image of every fork larger.
"""The files that a sandboxed process sees: a root of its own with read-only windows on the machine.

A view is a plain record (it travels as JSON): ``readable`` and ``writable`` are paths shown at their own place,
``spares`` the folder in which children find their own working folders.
"""

import os
import stat
from typing import Any

from postmill.sandbox.inside import calls

JOB, TMP, SPARES = "/job", "/tmp", "/spares"  # noqa: S108  (these are places inside the private root)

_SYSTEM = ("/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32")
_SHOWN_ETC = ("ssl", "pki", "ca-certificates", "alternatives", "resolv.conf", "hosts")
_COPIED_ETC = (
    "ld.so.cache", "ld.so.conf", "nsswitch.conf", "host.conf", "gai.conf", "services", "protocols", "localtime",
    "timezone", "os-release", "debian_version", "mime.types", "bash.bashrc", "inputrc", "localtime",
)  # fmt: skip
_DEVICES = ("null", "zero", "full", "random", "urandom")
_PEOPLE = {
    "passwd": "root:x:0:0:root:/:/usr/sbin/nologin\npostmill:x:1000:1000:job:/tmp:/bin/bash\n"
    "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
    "group": "root:x:0:\npostmill:x:1000:\nnogroup:x:65534:\n",
}


def enter(view: dict[str, Any]) -> None:
    """Builds the root and makes it the process's own.

    The caller is alone in a fresh mount namespace, with the capabilities of its user namespace, and is the
    first process of a fresh pid namespace. Raises OSError that names the step.
    """
    calls.mount(None, "/", None, calls.MS_REC | calls.MS_PRIVATE)
    shown = [*view["readable"], *view["writable"], view["spares"]]
    root = _place_for_root(shown)
    calls.mount("postmill", root, "tmpfs", calls.MS_NOSUID | calls.MS_NODEV, "mode=755,size=16m")
    for folder in ("etc", "dev", "proc", "root", "home", "var", "run", JOB, TMP, SPARES):
        os.makedirs(root + "/" + folder.lstrip("/"), exist_ok=True)
    os.symlink(
        JOB + "/shared", root + "/shared"
    )  # the folder that the steps of a flow share, where there is one
    _show_system(root)
    _make_etc(root)
    _make_dev(root)
    for path in sorted(view["readable"], key=len):
        show(path, root + path, writable=False)
    for path in view["writable"]:
        show(path, root + path, writable=True)
    calls.bind(view["spares"], root + SPARES)
    calls.mount("proc", root + "/proc", "proc", 0)
    os.chdir(root)
    calls.pivot_root_here()
    calls.seal("/", calls.ATTR_RDONLY | calls.ATTR_NOSUID, recursive=False)


def _place_for_root(shown: list[str]) -> str:
    """A folder to mount the new root on: one below which nothing lies that has to be shown."""
    for candidate in ("/sys", "/mnt", "/media", "/srv", "/opt", "/home"):
        if os.path.isdir(candidate) and not any(path.startswith(candidate + "/") for path in shown):
            return candidate
    raise OSError(2, "no folder is left on which the root of the sandbox could be mounted")


def show(path: str, target: str, writable: bool) -> None:
    """Shows one file or folder of the machine, read-only unless said otherwise; nothing for a missing path."""
    try:
        mode = os.stat(path).st_mode
    except OSError:
        return
    if stat.S_ISDIR(mode):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        _write(target, b"")
    calls.bind(path, target)
    if not writable:
        calls.seal(target)


def _show_system(root: str) -> None:
    for path in _SYSTEM:
        if os.path.islink(path):
            os.symlink(os.readlink(path), root + path)
        else:
            show(path, root + path, writable=False)


def _make_etc(root: str) -> None:
    for name in _COPIED_ETC:
        try:
            with open("/etc/" + name, "rb") as source:
                _write(f"{root}/etc/{name}", source.read(1 << 20))
        except OSError:
            continue
    for name, text in _PEOPLE.items():
        _write(f"{root}/etc/{name}", text.encode())
    for name in _SHOWN_ETC:
        show("/etc/" + name, f"{root}/etc/{name}", writable=False)


def _make_dev(root: str) -> None:
    for name in _DEVICES:
        _write(f"{root}/dev/{name}", b"")
        calls.bind(f"/dev/{name}", f"{root}/dev/{name}")
        calls.seal(f"{root}/dev/{name}")  # its owner could change its mode; writing to the device still works
    for target, name in (
        ("/proc/self/fd", "fd"), ("/proc/self/fd/0", "stdin"), ("/proc/self/fd/1", "stdout"),
        ("/proc/self/fd/2", "stderr"), (TMP, "shm"),
    ):  # fmt: skip
        os.symlink(target, f"{root}/dev/{name}")


def _write(path: str, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        os.write(descriptor, content)
    finally:
        os.close(descriptor)
