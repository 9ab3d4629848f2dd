"""The languages that have a server of their own, and how a script of each is opened."""

from collections.abc import Callable, Mapping

from postmill.language_help.document import Document, Identify, Send
from postmill.language_help.go_document import GoDocument
from postmill.language_help.python_document import PythonDocument
from postmill.language_help.servers import LanguageHelp
from postmill.language_help.session import Session

Opening = Callable[[LanguageHelp, str, Identify, Send], Document]

KINDS: Mapping[str, Opening] = {"python": PythonDocument, "go": GoDocument}
"""By the last part of the address under which an editor speaks."""


def session(kind: str, service: LanguageHelp, workspace: str, identify: Identify, send: Send) -> Session:
    """For an editor of somebody in a workspace."""
    return Session(KINDS[kind](service, workspace, identify, send), identify)
