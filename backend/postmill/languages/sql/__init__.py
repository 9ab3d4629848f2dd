"""The languages whose code is text for a database: read, bound to arguments, run on pooled connections."""
