"""A script with everything that its processes need: the files to place, the header of the orders."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from postmill.kernel.json import encode
from postmill.languages.protocol import RunRequest
from postmill.languages.single_run import orders
from postmill.languages.typescript.bundles import Bundle
from postmill.languages.typescript.scripts import signature_of
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
        header = {**self.header, "env": env}
        args = request.args.encode("utf-8", "replace")
        if self.bundle is None:
            return orders(header, F=self.files, A=args)
        # As they are, and no JSON: they are large.
        return orders(header, F=self.files, C=self.bundle.code, Y=self.bundle.compiled, A=args)


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
