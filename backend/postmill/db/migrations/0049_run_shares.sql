-- Links under which a run can be looked at without an account. A link is good while its row is, until it expires;
-- its signature is never stored, see items/shared_runs.
CREATE TABLE run_share (
    id uuid PRIMARY KEY,
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    job_id uuid NOT NULL,
    shows_args boolean NOT NULL,
    shows_logs boolean NOT NULL,
    created_by text NOT NULL, -- the identity whose rights the link lends, for instance u/alice
    created_by_email text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    expires_at timestamptz -- null: until it is revoked
);
CREATE INDEX run_share_run ON run_share (job_id);
CREATE INDEX run_share_expiry ON run_share (expires_at);
