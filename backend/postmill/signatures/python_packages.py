"""From the name of an imported module to the name of the package on the index that holds it."""

import re
import sys

from postmill.signatures.python_import_names import BY_PREFIX, BY_ROOT

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names) | {
    "__main__",
    # Standard in some Python from 3.10 on, whichever interpreter this runs on.
    "_typeshed", "annotationlib", "asynchat", "asyncore", "aifc", "audioop", "binhex", "cgi", "cgitb", "chunk",
    "compression", "crypt", "distutils", "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib",
    "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau", "telnetlib", "test", "tomllib", "uu", "xdrlib",
}  # fmt: skip

_API_VERSION = re.compile(r"^(google\.(?:\w+\.)*?\w+?)_v\d\w*")
"""``storage_v1`` and ``storage`` are modules of one package."""

_INTEGRATION = 3  # llama_index.llms.openai: a package for each
_ALIYUN = re.compile(r"^aliyunsdk(\w+)")

_AZURE_GROUPS = frozenset(
    {
        "ai", "cognitiveservices", "communication", "data", "digitaltwins", "health", "iot", "keyvault", "kusto",
        "maps", "media", "messaging", "mgmt", "monitor", "search", "security", "storage", "synapse",
    }
)  # fmt: skip

_FAMILIES = {
    "airflow.providers": "apache-airflow-providers-{}",
    **{f"azure.{group}": f"azure-{group}-{{}}" for group in _AZURE_GROUPS},
    "azure": "azure-{}",
    "google.ai": "google-ai-{}",
    "google.cloud": "google-cloud-{}",
    "google.maps": "google-maps-{}",
    "google.shopping": "google-shopping-{}",
    "google": "google-{}",
    "opentelemetry.exporter": "opentelemetry-exporter-{}",
    "opentelemetry.instrumentation": "opentelemetry-instrumentation-{}",
    **{name: f"{name}.{{}}" for name in ("backports", "jaraco", "plone", "ruamel", "sphinxcontrib", "zope")},
}
"""Namespaces of packages that are named after the next segment of the module; the longest one decides."""

_SHARED = frozenset(prefix.rpartition(".")[0] for prefix in BY_PREFIX) - {""}
"""What several packages share without a rule for their names, such as ``snowflake``."""


def package_of(module: str) -> str | None:
    """The package that provides a dotted module; None for the standard library."""
    module = _API_VERSION.sub(r"\1", module)
    segments = module.split(".")
    root = segments[0]
    if root in STANDARD_LIBRARY:
        return None
    for length in range(len(segments), 0, -1):
        prefix = ".".join(segments[:length])
        if package := BY_PREFIX.get(prefix):
            return package
        if length < len(segments) and (family := _FAMILIES.get(prefix)):
            return family.format(segments[length].replace("_", "-"))
    if root == "llama_index" and len(segments) >= _INTEGRATION:
        return "-".join(segments[:_INTEGRATION]).replace("_", "-")
    if aliyun := _ALIYUN.match(root):
        return f"aliyun-python-sdk-{aliyun[1]}"
    # The name of a package begins and ends with a letter or digit: _pytest belongs to pytest.
    return BY_ROOT.get(root) or BY_ROOT.get(root.strip("_")) or root.strip("_").replace("_", "-") or root


def import_key(module: str) -> str:
    """What pins of a module go by: its first segment, or its package where a namespace holds several."""
    root = module.split(".")[0]
    package = package_of(module)
    return root if package is None or package == package_of(root) else package


def is_namespace(module: str) -> bool:
    """Whether ``from module import name`` may name a package of its own by ``name``."""
    return module in _FAMILIES or module in _SHARED


def canonical(requirement: str) -> str:
    """The normalised project name of a requirement such as ``Foo_bar[x]>=1``; the text itself for addresses."""
    match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", requirement)
    if match is None or re.match(r"\s*[a-z+]+://|\s*\.{0,2}/|\s*git\+", requirement):
        return requirement.strip()
    return re.sub(r"[-_.]+", "-", match[1]).lower()
