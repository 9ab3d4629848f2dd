-- Runs that failed or were canceled and that somebody has dealt with.
CREATE TABLE job_resolution (
    job_id uuid PRIMARY KEY,
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    resolved_by text NOT NULL,
    resolved_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    note text,
    superseded_by uuid -- the run that did what this one should have done
);
