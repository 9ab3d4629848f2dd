"""Reads the value of a resource with the rights of a subject."""

from postmill.access.policy import not_found, require_read
from postmill.db.pool import Connection
from postmill.model.resource import Resource
from postmill.model.subject import Subject
from postmill.tables import resource as resources


async def readable(connection: Connection, subject: Subject, workspace: str, path: str) -> Resource:
    """The resource at the path; raises NotFound where there is none or the subject may not read it."""
    resource = await resources.get(connection, workspace, path)
    if resource is None:
        raise not_found("resource", path)
    require_read(subject, "resource", path, resource.extra_perms)
    return resource
