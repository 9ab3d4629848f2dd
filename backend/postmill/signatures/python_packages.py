"""From the name of an imported module to the name of the package on the index that holds it."""

import re
import sys

STANDARD_LIBRARY = frozenset(sys.stdlib_module_names) | {
    # Standard in some Python from 3.10 on, whichever interpreter this runs on.
    "_typeshed", "annotationlib", "asynchat", "asyncore", "aifc", "audioop", "binhex", "cgi", "cgitb", "chunk",
    "compression", "crypt", "distutils", "imghdr", "imp", "lib2to3", "mailcap", "msilib", "nis", "nntplib",
    "ossaudiodev", "pipes", "smtpd", "sndhdr", "spwd", "sunau", "telnetlib", "test", "tomllib", "uu", "xdrlib",
}  # fmt: skip

_BY_ROOT = {
    "Bio": "biopython",
    "Crypto": "pycryptodome",
    "Cryptodome": "pycryptodomex",
    "MySQLdb": "mysqlclient",
    "OpenGL": "PyOpenGL",
    "OpenSSL": "pyOpenSSL",
    "PIL": "Pillow",
    "PyPDF2": "PyPDF2",
    "RPi": "RPi.GPIO",
    "Xlib": "python-xlib",
    "absl": "absl-py",
    "airflow": "apache-airflow",
    "allauth": "django-allauth",
    "apiclient": "google-api-python-client",
    "arango": "python-arango",
    "argon2": "argon2-cffi",
    "atlassian": "atlassian-python-api",
    "attr": "attrs",
    "barcode": "python-barcode",
    "binance": "python-binance",
    "boxsdk": "boxsdk",
    "bson": "pymongo",
    "camelot": "camelot-py",
    "can": "python-can",
    "cassandra": "cassandra-driver",
    "consul": "python-consul",
    "corsheaders": "django-cors-headers",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "delta": "delta-spark",
    "discord": "discord.py",
    "dns": "dnspython",
    "docx": "python-docx",
    "dotenv": "python-dotenv",
    "environ": "django-environ",
    "faiss": "faiss-cpu",
    "ffmpeg": "ffmpeg-python",
    "fitz": "PyMuPDF",
    "flask_cors": "Flask-Cors",
    "gflags": "python-gflags",
    "gi": "PyGObject",
    "git": "GitPython",
    "github": "PyGithub",
    "gitlab": "python-gitlab",
    "gnupg": "python-gnupg",
    "googleapiclient": "google-api-python-client",
    "gridfs": "pymongo",
    "grpc": "grpcio",
    "haystack": "haystack-ai",
    "hubspot": "hubspot-api-client",
    "imblearn": "imbalanced-learn",
    "impala": "impyla",
    "intercom": "python-intercom",
    "jenkins": "python-jenkins",
    "jose": "python-jose",
    "jwt": "PyJWT",
    "kafka": "kafka-python",
    "ldap": "python-ldap",
    "magic": "python-magic",
    "memcache": "python-memcached",
    "mpl_toolkits": "matplotlib",
    "msgraph": "msgraph-sdk",
    "multipart": "python-multipart",
    "mysql": "mysql-connector-python",
    "nacl": "PyNaCl",
    "nats": "nats-py",
    "newspaper": "newspaper3k",
    "nmap": "python-nmap",
    "odf": "odfpy",
    "office365": "Office365-REST-Python-Client",
    "onelogin": "python3-saml",
    "opensearchpy": "opensearch-py",
    "osgeo": "GDAL",
    "paho": "paho-mqtt",
    "pam": "python-pam",
    "pdfminer": "pdfminer.six",
    "pkcs11": "python-pkcs11",
    "pkg_resources": "setuptools",
    "plaid": "plaid-python",
    "playhouse": "peewee",
    "pptx": "python-pptx",
    "psycopg": "psycopg[binary, pool]",
    "psycopg2": "psycopg2-binary",
    "pulsar": "pulsar-client",
    "pyVim": "pyvmomi",
    "pyVmomi": "pyvmomi",
    "pymupdf": "PyMuPDF",
    "pyrebase": "Pyrebase4",
    "pythoncom": "pywin32",
    "pywintypes": "pywin32",
    "quickbooks": "python-quickbooks",
    "readability": "readability-lxml",
    "rest_framework": "djangorestframework",
    "ruamel": "ruamel.yaml",
    "saml2": "pysaml2",
    "serial": "pyserial",
    "shopify": "ShopifyAPI",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "slugify": "python-slugify",
    "smb": "pysmb",
    "snappy": "python-snappy",
    "socks": "PySocks",
    "speech_recognition": "SpeechRecognition",
    "stomp": "stomp.py",
    "suds": "suds-community",
    "tabula": "tabula-py",
    "telegram": "python-telegram-bot",
    "trello": "py-trello",
    "umap": "umap-learn",
    "usb": "pyusb",
    "weaviate": "weaviate-client",
    "websocket": "websocket-client",
    "whois": "python-whois",
    "win32api": "pywin32",
    "win32com": "pywin32",
    "win32con": "pywin32",
    "wx": "wxPython",
    "yaml": "pyyaml",
    "zmq": "pyzmq",
}

# Namespace packages: the module below the root decides.
_BY_PREFIX = {
    "google.api_core": "google-api-core",
    "google.auth": "google-auth",
    "google.oauth2": "google-auth",
    "google.protobuf": "protobuf",
    "google.generativeai": "google-generativeai",
    "google.genai": "google-genai",
    "google.ads": "google-ads",
    "google.analytics": "google-analytics-data",
    "google.cloud.bigquery_storage": "google-cloud-bigquery-storage",
    "google.cloud.secretmanager": "google-cloud-secret-manager",
    "google.cloud.exceptions": "google-cloud-core",
    "azure.core": "azure-core",
    "azure.identity": "azure-identity",
    "azure.cosmos": "azure-cosmos",
    "azure.servicebus": "azure-servicebus",
    "azure.eventhub": "azure-eventhub",
    "azure.eventgrid": "azure-eventgrid",
    "azure.functions": "azure-functions",
    "azure.batch": "azure-batch",
    "azure.appconfiguration": "azure-appconfiguration",
    "azure.storage.filedatalake": "azure-storage-file-datalake",
    "azure.storage.fileshare": "azure-storage-file-share",
    "azure.devops": "azure-devops",
    "opentelemetry.sdk": "opentelemetry-sdk",
    "opentelemetry.exporter.otlp": "opentelemetry-exporter-otlp",
    "opentelemetry": "opentelemetry-api",
    "snowflake.connector": "snowflake-connector-python",
    "snowflake.snowpark": "snowflake-snowpark-python",
    "zope.interface": "zope.interface",
}

_API_VERSION = re.compile(r"^(google\.cloud\.\w+?)_v\d\w*")
"""``storage_v1`` and ``storage`` are modules of one package."""

_GROUPS = {
    "google.cloud": 3,
    "azure": 3,
}
"""Namespaces whose packages are named after this many segments of the module."""


def package_of(module: str) -> str | None:
    """The package that provides a dotted module; None for the standard library."""
    module = _API_VERSION.sub(r"\1", module)
    segments = module.split(".")
    root = segments[0]
    if root in STANDARD_LIBRARY:
        return None
    for length in range(len(segments), 0, -1):
        if package := _BY_PREFIX.get(".".join(segments[:length])):
            return package
    for group, length in _GROUPS.items():
        if module.startswith(f"{group}.") and len(segments) > group.count(".") + 1:
            return "-".join(segments[:length]).replace("_", "-")
    return _BY_ROOT.get(root) or root.replace("_", "-")


def is_namespace(module: str) -> bool:
    """Whether ``from module import name`` names a package of its own by ``name``."""
    return module in ("google.cloud", "google", "azure", "ruamel") or module in {
        f"azure.{group}" for group in _AZURE_GROUPS
    }


_AZURE_GROUPS = (
    "ai", "communication", "data", "digitaltwins", "iot", "keyvault", "media", "mgmt", "monitor", "search",
    "security", "storage", "synapse",
)  # fmt: skip


def canonical(requirement: str) -> str:
    """The normalised project name of a requirement such as ``Foo_bar[x]>=1``; the text itself for addresses."""
    match = re.match(r"\s*([A-Za-z0-9][A-Za-z0-9._-]*)", requirement)
    if match is None or re.match(r"\s*[a-z+]+://|\s*\.{0,2}/|\s*git\+", requirement):
        return requirement.strip()
    return re.sub(r"[-_.]+", "-", match[1]).lower()
