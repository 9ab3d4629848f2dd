"""The verbs of `./dev`; `dev` itself only finds a Python to run this with."""

import sys
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [
    str(Path(__file__).resolve().parent),
    str(Path(__file__).resolve().parent.parent / "packaging"),
    str(Path(__file__).resolve().parent.parent / "e2e"),
]

import checks
import tests
from commands import become, run
from environment import ensure_bytecode, ensure_environment, ensure_runtime, lock_requirements
from places import BIN, PYTHON, ROOT, Stop
from system_packages import ensure_browser
from web import ensure_web

Arguments = list[str]


def up(arguments: Arguments) -> int:
    """run the platform from this checkout; options are those of `postmill up`"""
    ensure_runtime()
    ensure_bytecode()
    ensure_web()
    become(PYTHON, "-P", "-m", "postmill.main", "up", *arguments)
    return 1


def postmill(arguments: Arguments) -> int:
    """the command line of this checkout"""
    ensure_runtime()
    ensure_bytecode()
    become(PYTHON, "-P", "-m", "postmill.main", *arguments)
    return 1


def test(arguments: Arguments) -> int:
    """all tests, or those of the paths given; options go to pytest"""
    ensure_environment()
    ensure_bytecode()
    return tests.test(arguments)


def check(_arguments: Arguments) -> int:
    """format, lint, types, floors and generated files"""
    ensure_environment()
    return checks.check()


def format_sources(_arguments: Arguments) -> int:
    """rewrite what `check` would complain about"""
    ensure_environment()
    return checks.format_sources()


def contracts(_arguments: Arguments) -> int:
    """write the generated files in contracts/ anew"""
    ensure_environment()
    return checks.write_contracts()


def bench(arguments: Arguments) -> int:
    """measure; names choose what"""
    ensure_environment()
    ensure_bytecode()
    ensure_web()
    become(PYTHON, ROOT / "bench" / "run.py", *arguments)
    return 1


def setup(_arguments: Arguments) -> int:
    """install everything that the other verbs need"""
    ensure_environment()
    ensure_bytecode()
    ensure_web()
    return 0


def lock(_arguments: Arguments) -> int:
    """resolve the dependencies of pyproject.toml into requirements/ anew"""
    lock_requirements()
    return 0


def pictures(_arguments: Arguments) -> int:
    """take the pictures of README and docs anew"""
    ensure_environment()
    ensure_bytecode()
    ensure_web()
    ensure_browser()
    become(PYTHON, ROOT / "development" / "pictures.py")
    return 1


def wheel(_arguments: Arguments) -> int:
    """build the wheel into dist/"""
    ensure_environment()
    run(BIN / "hatchling", "build", "-t", "wheel")
    return 0


VERBS: dict[str, Callable[[Arguments], int]] = {
    "up": up,
    "test": test,
    "check": check,
    "format": format_sources,
    "bench": bench,
    "postmill": postmill,
    "contracts": contracts,
    "setup": setup,
    "lock": lock,
    "wheel": wheel,
    "pictures": pictures,
}


def main(arguments: Arguments) -> int:
    verb = VERBS.get(arguments[0]) if arguments else None
    if verb is None:
        unknown = bool(arguments) and arguments[0] not in ("help", "-h", "--help")
        print(_usage(), file=sys.stderr if unknown or not arguments else sys.stdout)
        return 2 if unknown or not arguments else 0
    try:
        return verb(arguments[1:])
    except Stop as reason:
        print(f"dev: {reason}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _usage() -> str:
    lines = [f"  {name:<10} {verb.__doc__}" for name, verb in VERBS.items()]
    return "\n".join(["usage: ./dev VERB [ARGUMENTS]", "", *lines])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
