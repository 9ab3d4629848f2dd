"""The system call filter as a program: run by a tiny interpreter of its instructions."""

import struct

import pytest

from postmill.sandbox.inside.seccomp import program

ALLOW, EPERM, ENOSYS, KILL = 0x7FFF_0000, 0x0005_0001, 0x0005_0026, 0x8000_0000
X86, ARM = 0xC000_003E, 0xC000_00B7


def run_filter(machine: str, architecture: int, number: int, *arguments: int) -> int:
    """What the filter answers to a call."""
    data = struct.pack("=IIQ6Q", number, architecture, 0, *(*arguments, 0, 0, 0, 0, 0, 0)[:6])
    text = program(machine)
    assert text is not None
    steps = [struct.unpack_from("=HBBI", text, at) for at in range(0, len(text), 8)]
    accumulator, at = 0, 0
    while True:
        code, then, otherwise, value = steps[at]
        at += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", data, value)
        elif code == 0x54:
            accumulator &= value
        elif code == 0x06:
            return int(value)
        elif code in (0x15, 0x35):
            holds = accumulator == value if code == 0x15 else accumulator >= value
            at += then if holds else otherwise
        else:
            raise AssertionError(f"unknown instruction {code:#x}")


@pytest.mark.parametrize(
    ("machine", "architecture", "call", "answer"),
    [
        ("x86_64", X86, (0,), ALLOW),  # read
        ("x86_64", X86, (57,), ALLOW),  # fork
        ("x86_64", X86, (56, 0x0120_0011), ALLOW),  # clone, as the C library forks
        ("x86_64", X86, (56, 0x003D_0F00), ALLOW),  # clone, as the C library makes threads
        ("x86_64", X86, (56, 0x1000_0011), EPERM),  # clone with a user namespace
        ("x86_64", X86, (435,), ENOSYS),  # clone3: the C library falls back to clone
        ("x86_64", X86, (101,), EPERM),  # ptrace
        ("x86_64", X86, (272, 0), EPERM),  # unshare
        ("x86_64", X86, (41, 1), ALLOW),  # socket, Unix
        ("x86_64", X86, (41, 2), ALLOW),  # socket, IPv4
        ("x86_64", X86, (41, 40), EPERM),  # socket, to the hypervisor
        ("x86_64", X86, (302, 0, 7), ALLOW),  # prlimit64 of itself
        ("x86_64", X86, (302, 1, 7), EPERM),  # prlimit64 of the init
        ("x86_64", X86, (141, 0, 0, 5), ALLOW),  # setpriority of itself
        ("x86_64", X86, (141, 0, 1, 5), EPERM),
        ("x86_64", X86, (141, 2, 0, 5), EPERM),
        ("x86_64", X86, (0x4000_0000,), EPERM),  # a call of the x32 table
        ("x86_64", ARM, (0,), KILL),
        ("aarch64", ARM, (63,), ALLOW),  # read
        ("aarch64", ARM, (117,), EPERM),  # ptrace
        ("aarch64", ARM, (220, 0x2000_0000), EPERM),  # clone with a pid namespace
        ("aarch64", X86, (0,), KILL),
    ],
)
def test_the_filter_answers(machine: str, architecture: int, call: tuple[int, ...], answer: int) -> None:
    assert run_filter(machine, architecture, *call) == answer


def test_an_unknown_processor_has_no_filter() -> None:
    assert program("riscv64") is None
