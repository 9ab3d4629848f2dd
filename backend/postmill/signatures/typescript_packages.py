"""The npm packages of TypeScript code, from its imports or from a package.json that it names. Pure."""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from postmill.signatures.signature import InvalidSignature
from postmill.signatures.typescript_imports import is_script, needed_modules

DEFAULT_FILE = "default"
LATEST = "latest"

_SPECIFIER = re.compile(r"(?:npm:)?(?P<name>(?:@[^/@\s]+/)?[^/@\s]+)(?:@(?P<version>[^/]+))?(?P<inner>/.*)?")
_NAME = re.compile(r"(?:@[a-z0-9][\w.~-]*/)?[a-z0-9_][\w.~-]*", re.ASCII | re.IGNORECASE)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*:", re.IGNORECASE)
_VERSION = re.compile(r"(?:npm:[@\w/.~-]+@)?[\w.*^~<>=| +-]{1,200}", re.ASCII)
_FILE_COMMENT = re.compile(r"^[ \t]*//[ \t]*package_json:[ \t]*(.*?)[ \t]*$", re.MULTILINE)
_KEPT = ("dependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions")
_BUILT_IN = frozenset(
    {
        "assert", "async_hooks", "buffer", "bun", "child_process", "cluster", "console", "constants", "crypto",
        "dgram", "diagnostics_channel", "dns", "domain", "events", "fs", "http", "http2", "https", "inspector",
        "module", "net", "os", "path", "perf_hooks", "process", "punycode", "querystring", "readline", "repl",
        "stream", "string_decoder", "sys", "timers", "tls", "trace_events", "tty", "url", "util", "v8", "vm",
        "wasi", "worker_threads", "zlib",
    }
)  # fmt: skip
_BUILT_IN_INNER = frozenset(
    {
        "assert/strict", "dns/promises", "fs/promises", "inspector/promises", "path/posix", "path/win32",
        "readline/promises", "stream/consumers", "stream/promises", "stream/web", "timers/promises", "util/types",
    }
)  # fmt: skip
_SPACES = ("f", "u")


class InvalidPackages(ValueError):
    """The code asks for packages in a way that cannot be followed; the message says what and why."""


@dataclass(frozen=True)
class PackageImport:
    """``lodash@4/fp``: ``name`` lodash, ``version`` 4, ``inner`` /fp."""

    name: str
    version: str | None
    inner: str

    @property
    def module(self) -> str:
        """The module as the installed package has it."""
        return f"{self.name}{self.inner}"


@dataclass(frozen=True)
class Packages:
    """What has to be installed: the members of a package.json that say so.

    ``workspace_files`` names the workspace's files that it was taken from.
    """

    manifest: Mapping[str, Any] = field(default_factory=dict)
    workspace_files: tuple[str, ...] = ()

    @property
    def are_none(self) -> bool:
        return not any(self.manifest.get(key) for key in _KEPT)


def package_import(module: str) -> PackageImport | None:
    """The package that an import means; None for scripts and what the runtime itself brings.

    Raises InvalidPackages for addresses and what cannot be a package.
    """
    if is_script(module) or module in (".", "..") or is_built_in(module):
        return None
    if not module.startswith("npm:") and _SCHEME.match(module):
        raise InvalidPackages(
            f"{module[:100]!r} is imported, but packages come from the npm registry by their name"
        )
    found = _SPECIFIER.fullmatch(module)
    if found is None or _NAME.fullmatch(found["name"]) is None:
        raise InvalidPackages(f"{module[:100]!r} is imported, but that is no name of a package")
    version = found["version"]
    if found["name"] in _SPACES and version is None and found["inner"] and not module.startswith("npm:"):
        raise InvalidPackages(f"{module[:100]!r} is imported; a script is imported as {f'/{module[:100]}'!r}")
    if version is not None and _VERSION.fullmatch(version) is None:
        raise InvalidPackages(f"{version[:100]!r} in the import of {found['name']} is not a version")
    return PackageImport(found["name"], version, found["inner"] or "")


def is_built_in(module: str) -> bool:
    """Whether bun or node brings the module along; ``buffer/`` and ``process/browser`` are packages."""
    return module.startswith(("node:", "bun:")) or module in _BUILT_IN or module in _BUILT_IN_INNER


def imported_packages(codes: Iterable[str]) -> dict[str, str]:
    """Names and versions of the packages that codes import, the lowest version of several, ``latest`` without one.

    Raises InvalidPackages; code that cannot be read imports nothing.
    """
    versions: dict[str, set[str]] = {}
    for code in codes:
        try:
            modules = needed_modules(code)
        except InvalidSignature:
            continue
        for module in modules:
            found = package_import(module)
            if found is not None:
                versions.setdefault(found.name, set()).update({found.version} if found.version else ())
    return {name: _lowest(versions[name]) for name in sorted(versions)}


def needed_packages(codes: list[str], files: Mapping[str, str]) -> Packages:
    """What the first code, the main one, needs together with those that it imports.

    ``files`` are the package.json files of the workspace by name, the default one under "". A file that the main code
    names, or the default one, is taken instead of the imports. Raises InvalidPackages.
    """
    named = _named_file(codes[0])
    if named is None and "" not in files:
        found = imported_packages(codes)
        return Packages({"dependencies": found} if found else {})
    name = named or DEFAULT_FILE
    content = files.get("" if name == DEFAULT_FILE else name)
    if content is None:
        known = ", ".join(sorted(file or DEFAULT_FILE for file in files)) or "none"
        raise InvalidPackages(
            f"the workspace has no package.json named {name!r} for this language; it has: {known}"
        )
    return Packages(checked_manifest(content, name), (name,))


def _named_file(code: str) -> str | None:
    found = [name for names in _FILE_COMMENT.findall(code) for name in re.split(r"[,\s]+", names) if name]
    if len(set(found)) > 1:
        raise InvalidPackages(f"only one package.json can be named, but there are: {', '.join(found)}")
    return found[0] if found else None


def checked_manifest(content: str, name: str) -> dict[str, Any]:
    """The members of a package.json that say what to install. Raises InvalidPackages."""
    try:
        manifest = json.loads(content)
    except ValueError as error:
        raise InvalidPackages(f"the package.json {name!r} is not JSON: {error}") from None
    if not isinstance(manifest, dict):
        raise InvalidPackages(f"the package.json {name!r} is not a JSON object")
    kept: dict[str, Any] = {key: manifest[key] for key in _KEPT if manifest.get(key)}
    for key, value in kept.items():
        if not isinstance(value, dict):
            raise InvalidPackages(f"{key} of the package.json {name!r} is not a JSON object")
        _check_versions(value, f"{key} of the package.json {name!r}")
    return kept


def _check_versions(members: Mapping[str, Any], where: str) -> None:
    for package, version in members.items():
        if _NAME.fullmatch(package.rpartition("@")[0] or package) is None and package != ".":
            raise InvalidPackages(f"{package[:100]!r} in {where} is no name of a package")
        if isinstance(version, dict):
            _check_versions(version, where)
        elif not isinstance(version, str) or _VERSION.fullmatch(version or "*") is None:
            raise InvalidPackages(
                f"{package[:100]} in {where} is {version!r}; a version, a range or a tag of the registry is allowed"
            )


def _lowest(versions: set[str]) -> str:
    return min(versions, key=_order) if versions else LATEST


def _order(version: str) -> tuple[list[int], bool, str]:
    """Numbers before anything else, ``1.0.0-beta`` before ``1.0.0``; words such as ``latest`` come last."""
    released, _, early = version.partition("-")
    numbers = [int(number) for number in re.findall(r"\d+", released)[:3]]
    return (numbers or [1 << 62], not early, version)
