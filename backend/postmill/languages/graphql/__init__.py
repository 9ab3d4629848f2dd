"""GraphQL documents, sent to an endpoint over HTTP."""
