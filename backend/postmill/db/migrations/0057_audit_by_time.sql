-- The trail is read by time: what is kept of runs that are removed comes in long after it happened.
-- On a trail with many millions of entries, build these indexes with CREATE INDEX CONCURRENTLY before the upgrade.
CREATE INDEX IF NOT EXISTS audit_workspace_time ON audit (workspace_id, at DESC, id DESC);
CREATE INDEX IF NOT EXISTS audit_time ON audit (at DESC, id DESC);
DROP INDEX IF EXISTS audit_workspace;
