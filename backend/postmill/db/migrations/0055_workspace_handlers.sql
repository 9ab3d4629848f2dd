-- What a workspace runs when runs end: after each failure, or after each success.
CREATE TABLE workspace_handler (
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    kind text NOT NULL CHECK (kind IN ('error', 'success')),
    path text NOT NULL,
    is_flow boolean NOT NULL,
    extra_args json NOT NULL DEFAULT '{}',
    muted_on_cancel boolean NOT NULL DEFAULT false,
    muted_on_user_path boolean NOT NULL DEFAULT false,
    permissioned_as text NOT NULL, -- who set it: it runs with their present rights
    email text NOT NULL,
    seen_until timestamptz NOT NULL DEFAULT clock_timestamp(), -- runs that ended before then are dealt with
    PRIMARY KEY (workspace_id, kind)
);
