"""Floor 5: what stands behind ``$var:`` and ``$res:``, and behind imports between scripts.

Everything here reads with the rights of a Subject that the caller names, and leaves an audit entry where a
secret is opened. Nothing here has rights of its own.
"""
