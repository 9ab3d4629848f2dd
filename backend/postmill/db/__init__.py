"""Floor 3: the pool, named queries, migrations, notifications and the embedded PostgreSQL. Knows no table."""
