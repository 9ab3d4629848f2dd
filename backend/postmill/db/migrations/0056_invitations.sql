-- Who is asked to join a workspace, and has not answered yet.
CREATE TABLE workspace_invite (
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    email text NOT NULL CHECK (email = lower(email)),
    is_admin boolean NOT NULL DEFAULT false,
    is_operator boolean NOT NULL DEFAULT false,
    invited_by text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, email)
);
CREATE INDEX workspace_invite_email ON workspace_invite (email);

-- Links with which somebody may choose a new password, once: one for each account.
CREATE TABLE password_reset (
    email text PRIMARY KEY REFERENCES account (email) ON UPDATE CASCADE ON DELETE CASCADE,
    token_hash bytea NOT NULL UNIQUE, -- SHA-256; the token is stored nowhere
    made_by text NOT NULL,
    expires_at timestamptz NOT NULL
);
