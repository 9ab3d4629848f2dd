-- Workspaces that invite, or take in, whoever gets an account with an address of a domain.
CREATE TABLE workspace_auto_invite (
    workspace_id text PRIMARY KEY REFERENCES workspace (id) ON DELETE CASCADE,
    domain text NOT NULL, -- *: every account
    is_operator boolean NOT NULL,
    adds boolean NOT NULL, -- taken in at once, without being asked
    set_by text NOT NULL
);
CREATE INDEX workspace_auto_invite_domain ON workspace_auto_invite (domain);
