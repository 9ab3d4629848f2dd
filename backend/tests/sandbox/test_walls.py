# ruff: noqa: ASYNC220, ASYNC240, E501
# Scripts stand in one line each, and the event loop has nothing else to do meanwhile.
"""What a job cannot do, tried by a job."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from postmill.model.limits import Limits

from .conftest import RunPython

SYSCALL = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
def call(number, *args):
    result = libc.syscall(number, *args)
    print("allowed" if result >= 0 else "refused: " + os.strerror(ctypes.get_errno()))
"""


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("new namespaces", "print('allowed' if libc.unshare(0x10000000) == 0 else 'refused')"),
        ("namespaces by clone", "call(56, 0x10000000 | 17, 0, 0, 0, 0)"),
        ("entering a namespace", "call(308, os.open('/proc/self/ns/net', os.O_RDONLY), 0)"),
        ("mounting", "call(165, b'tmpfs', b'/tmp', b'tmpfs', 0, 0)"),
        ("unmounting", "call(166, b'/proc', 2)"),
        ("another root", "call(161, b'/tmp')"),
        ("tracing its init", "call(101, 16, 1, 0, 0)"),
        ("writing into its init", "call(311, 1, 0, 0, 0, 0, 0)"),
        ("programs in the kernel", "call(321, 0, 0, 0)"),
        ("performance events", "call(298, 0, 0, -1, -1, 0)"),
        ("keys of the kernel", "call(250, 0, -3, 0)"),
        ("io_uring", "call(425, 1, 0)"),
        ("the limits of its init", "call(302, 1, 7, (ctypes.c_ulong * 2)(1, 1), 0)"),
        ("the priority of its init", "call(141, 0, 1, 19)"),
        ("the priority of all of its user", "call(141, 2, 0, 19)"),
    ],
)
@pytest.mark.skipif(os.uname().machine != "x86_64", reason="the numbers are those of x86_64")
async def test_the_kernel_refuses(run_python: RunPython, what: str, code: str) -> None:
    printed = await run_python(SYSCALL + code)
    assert "refused" in printed.text, f"{what}: {printed.text}"


@pytest.mark.parametrize(
    "path",
    [
        "/root/.bashrc",
        "/etc/shadow",
        "/etc/x",
        "/usr/x",
        "/x",
        "/proc/sys/kernel/core_pattern",
        "/proc/sysrq-trigger",
    ],
)
async def test_nothing_of_the_machine_can_be_written(run_python: RunPython, path: str) -> None:
    printed = await run_python(f"open({path!r}, 'a').write('x')")
    assert printed.end.exit_code == 1
    assert any(word in printed.text for word in ("Read-only", "Permission denied", "No such file")), (
        printed.text
    )


async def test_devices_keep_their_mode(run_python: RunPython) -> None:
    printed = await run_python("import os; open('/dev/null', 'w').write('x'); os.chmod('/dev/null', 0)")
    assert "Read-only file system" in printed.text


async def test_a_shared_folder_is_at_the_root_too(run_python: RunPython) -> None:
    code = "import os; os.mkdir('/job/shared'); open('/shared/a', 'w').write('x'); print(open('/job/shared/a').read())"
    assert (await run_python(code)).text == "x\n"
    assert "No such file" in (await run_python("open('/shared/a', 'w')")).text


async def test_foreign_files_are_not_there(run_python: RunPython, tmp_path: Path) -> None:
    secret = tmp_path / "instance.key"
    secret.write_text("canary")
    printed = await run_python(
        f"import os; print(os.path.exists({str(secret)!r}), os.listdir('/home'), os.listdir('/tmp'))"
    )
    assert printed.text.split("\n")[0].startswith("False [] ")
    assert "canary" not in printed.text


async def test_given_files_are_there_and_read_only(run_python: RunPython, tmp_path: Path) -> None:
    given, place = tmp_path / "given", tmp_path / "place"
    given.mkdir()
    place.mkdir()
    (given / "a").write_text("hello")
    code = f"print(open('{given}/a').read()); open('{place}/b', 'w').write('written'); open('{given}/a', 'w')"
    printed = await run_python(code, readable=(given,), writable=(place,))
    assert "hello\n" in printed.text
    assert "Read-only file system" in printed.text
    assert (place / "b").read_text() == "written"
    assert (given / "a").read_text() == "hello"


async def test_only_its_own_processes_are_seen(run_python: RunPython) -> None:
    with subprocess.Popen(["/bin/sleep", "600"]) as other:
        try:
            printed = await run_python(
                "import os; print(sorted(int(n) for n in os.listdir('/proc') if n.isdigit()) == [1, os.getpid()])\n"
                f"try: os.kill({other.pid}, 9)\n"
                "except ProcessLookupError: print('nobody there')"
            )
            assert printed.text == "True\nnobody there\n"
            assert other.poll() is None
        finally:
            other.kill()


async def test_the_environment_is_made_from_nothing(
    run_python: RunPython, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("POSTMILL_DATABASE_URL", "canary")
    printed = await run_python(
        "import os; print(sorted({*os.environ} - {'LC_CTYPE'})); print(open('/proc/1/cmdline').read(), flush=True); print(open('/proc/1/environ').read())"
    )
    assert printed.text.startswith("['PATH']\n")
    assert printed.end.exit_code == 0 or "PermissionError: [Errno 13]" in printed.text
    assert "canary" not in printed.text


async def test_nothing_of_its_init_can_be_opened(run_python: RunPython) -> None:
    printed = await run_python(
        "import os\n"
        "try: print([os.readlink(f'/proc/1/fd/{n}') for n in '012'])\n"
        "except PermissionError: print(['/dev/null'] * 3)\n"
        "try: open('/proc/1/mem', 'r+b'); print('open')\n"
        "except OSError: print('refused')"
    )
    assert printed.text == f"{['/dev/null'] * 3}\nrefused\n"


async def test_limits_hold_for_good(run_python: RunPython) -> None:
    code = (
        "import resource as r\n"
        "for kind in (r.RLIMIT_FSIZE, r.RLIMIT_NOFILE, r.RLIMIT_CORE):\n"
        "  print(r.getrlimit(kind))\n"
        "  try: r.setrlimit(kind, (1 << 40, 1 << 40)); print('raised')\n"
        "  except (ValueError, PermissionError): print('refused')"
    )
    printed = await run_python(code, limits=Limits(wall_seconds=120, file_bytes=1 << 20, open_files=77))
    bounds = [(1 << 20, 1 << 20), (77, 77), (0, 0)]
    assert printed.text == "".join(f"{bound}\nrefused\n" for bound in bounds)


async def test_no_descriptor_is_inherited(run_python: RunPython) -> None:
    read, write = os.pipe()
    try:
        printed = await run_python(
            "import os; print([(f, os.readlink(f'/proc/self/fd/{f}')) for f in sorted(os.listdir('/proc/self/fd'))[:-1]])"
        )
    finally:
        os.close(read)
        os.close(write)
    descriptors = eval(printed.text)
    assert [number for number, _ in descriptors] == ["0", "1", "2"]
    assert descriptors[0][1] == "/dev/null"


async def test_it_has_no_rights_and_cannot_gain_any(run_python: RunPython) -> None:
    printed = await run_python("print(open('/proc/self/status').read())")
    facts = dict(line.split(":\t", 1) for line in printed.text.splitlines() if ":\t" in line)
    assert facts["CapPrm"] == facts["CapEff"] == facts["CapInh"] == "0" * 16
    assert facts["NoNewPrivs"] == "1"
    assert facts["Seccomp"] == "2"


async def test_without_network_nothing_can_be_reached(run_python: RunPython) -> None:
    code = "print([line.split(':')[0].strip() for line in open('/proc/net/dev').readlines()[2:]])"
    printed = await run_python(code, network=False)
    assert printed.text == "['lo']\n"


@pytest.mark.skipif(sys.platform != "linux", reason="Landlock")
async def test_abstract_sockets_of_others_are_out_of_reach(run_python: RunPython) -> None:
    import socket

    with socket.socket(socket.AF_UNIX) as server:
        server.bind(f"\0postmill-test-{os.getpid()}")
        server.listen()
        printed = await run_python(
            "import socket; s = socket.socket(socket.AF_UNIX)\n"
            f"try: s.connect('\\0postmill-test-{os.getpid()}'); print('connected')\n"
            "except PermissionError: print('refused')"
        )
    assert printed.text == "refused\n"


async def test_memory_is_bounded(run_python: RunPython) -> None:
    limits = Limits(wall_seconds=300, memory_bytes=150 * 1024**2)
    printed = await run_python("x = []\nwhile True: x.append(b'x' * 10**6)", limits=limits)
    assert printed.end.exit_code == -9
    assert printed.end.peak_kb > 100_000


async def test_a_fork_bomb_is_contained(run_python: RunPython) -> None:
    code = "import os\nwhile True:\n  try: os.fork()\n  except OSError: pass"
    printed = await run_python(code, limits=Limits(wall_seconds=300, processes=50))
    assert printed.end.exit_code == -9
    assert not printed.end.timed_out


async def test_sigterm_comes_first_and_sigkill_after_the_grace(run_python: RunPython) -> None:
    code = (
        "import signal, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: print('asked to end', flush=True))\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(60)"
    )
    for seconds in (1, 8, 32):  # the first that a machine is not too busy for to begin within it
        printed = await run_python(code, limits=Limits(wall_seconds=seconds, grace_seconds=seconds * 0.3))
        if "asked" in printed.text:
            break
    assert printed.text == "ready\nasked to end\n"
    assert printed.end.timed_out
    assert printed.end.exit_code == -9


async def test_a_daemon_does_not_survive_nor_hold_the_output(run_python: RunPython) -> None:
    code = (
        "import os, time\n"
        "if os.fork() == 0:\n"
        "  os.setsid()\n"
        "  if os.fork() == 0: time.sleep(600)\n"
        "  os._exit(0)\n"
        "os.wait(); print('done')"
    )
    printed = await run_python(code)
    assert printed.text == "done\n"
    assert printed.end.exit_code == 0
    assert not printed.end.timed_out


async def test_a_missing_program_is_told(run_python: RunPython) -> None:
    printed = await run_python("", argv=("/no/such/program",))
    assert printed.end.exit_code == 127
    assert printed.text == "/no/such/program: No such file or directory\n"


async def test_nothing_is_left_in_the_folder(run_python: RunPython, tmp_path: Path) -> None:
    await run_python("open('x', 'w').write('x')")
    assert list(tmp_path.iterdir()) == []
