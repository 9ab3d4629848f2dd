"""A script with everything that its processes need: the files to place, the header of the orders."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from postmill.kernel.json import encode
from postmill.languages.protocol import RunRequest
from postmill.languages.single_run import description
from postmill.languages.typescript.bundles import Bundle
from postmill.languages.typescript.scripts import signature_of
from postmill.sandbox.child import encode_frame
from postmill.signatures.signature import Datetime


@dataclass(frozen=True)
class PreparedScript:
    """What one version of a script needs to run, shared by its runs where it is warm.

    ``program`` names the runtime. ``bundle`` is None where the code runs as it was written.
    """

    header: dict[str, Any]
    files: bytes
    program: str
    bundle: Bundle | None = None

    @property
    def mark(self) -> bytes:
        """The line of the log behind which the user's own output begins."""
        return f"--- {self.program.upper()} CODE EXECUTION ---\n".encode()

    def orders(self, request: RunRequest, env: dict[str, str]) -> bytes:
        """The bytes that start a run in a waiting process."""
        args = encode_frame(b"A", request.args.encode("utf-8", "replace"))
        return self.described(env=env) + args + encode_frame(b"G", b"")

    @cached_property
    def identity(self) -> str:
        """The same for all runs that may share what the code has set up: of the same code at the same path."""
        return hashlib.sha256(self.described()).hexdigest()

    def described(self, **more: Any) -> bytes:
        """What a process needs to know of the script, with ``more`` in its header."""
        header = {**self.header, **more}
        if self.bundle is None:
            return description(header, F=self.files)
        # As they are, and no JSON: they are large.
        return description(header, F=self.files, C=self.bundle.code, Y=self.bundle.compiled)


def prepare(
    request: RunRequest,
    main: str,
    files: Mapping[str, str],
    *,
    packages: str | None = None,
    bundle: Bundle | None = None,
    program: str = "bun",
    raw: bool = False,
) -> PreparedScript:
    """Pure. ``raw``: the process of a native script bundles the files itself.

    ``packages`` is the folder of installed packages as the process sees it, None where there are none.
    """
    header = {
        "main": main,
        "raw": raw,
        "packages": packages,
        "entrypoint": request.entrypoint,
        "parameters": parameters(request.code, request.entrypoint),
        "preprocess": request.preprocess,
        "preprocessor_parameters": parameters(request.code, "preprocessor") if request.preprocess else [],
        "result_bytes": request.limits.result_bytes,
        "warm": request.warm_key is not None,
        "checkpoint": request.checkpoint,
    }
    return PreparedScript(header, encode(dict(files)), program, bundle)


def parameters(code: str, entrypoint: str) -> list[tuple[str, bool]]:
    """Names of the arguments in their order, and whether each is a date; [] for unreadable code."""
    found = signature_of(code, entrypoint)
    return [(arg.name, isinstance(arg.type, Datetime)) for arg in found.args] if found is not None else []
