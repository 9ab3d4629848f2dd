-- Who there is, where they belong, what they may enter, and what was done.

CREATE TABLE account (
    email text PRIMARY KEY CHECK (email = lower(email)),
    name text,
    company text,
    username text,
    password_hash text, -- argon2id; null: cannot sign in with a password
    login_type text NOT NULL DEFAULT 'password',
    is_superadmin boolean NOT NULL DEFAULT false,
    is_devops boolean NOT NULL DEFAULT false,
    disabled boolean NOT NULL DEFAULT false,
    first_time boolean NOT NULL DEFAULT true,
    tutorial_progress bigint NOT NULL DEFAULT 0,
    tutorials_skipped boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE workspace (
    id text PRIMARY KEY,
    name text NOT NULL,
    owner text NOT NULL,
    color text,
    archived boolean NOT NULL DEFAULT false,
    settings jsonb NOT NULL DEFAULT '{}',
    created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE workspace_member (
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    username text NOT NULL,
    email text NOT NULL,
    is_admin boolean NOT NULL DEFAULT false,
    is_operator boolean NOT NULL DEFAULT false,
    disabled boolean NOT NULL DEFAULT false,
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, username),
    UNIQUE (workspace_id, email)
);
CREATE INDEX workspace_member_email ON workspace_member (email);

CREATE TABLE token (
    hash bytea PRIMARY KEY, -- SHA-256 of the token; the token itself is stored nowhere
    prefix text NOT NULL, -- its first 10 characters after the kind: how lists name it
    kind text NOT NULL CHECK (kind IN ('session', 'user')),
    email text NOT NULL,
    label text,
    workspace_id text REFERENCES workspace (id) ON DELETE CASCADE, -- null: every workspace of the account
    scopes text[], -- null: everything the account may do
    read_only boolean NOT NULL DEFAULT false,
    created_by_prefix text, -- the token that made it, when it was made by one
    created_at timestamptz NOT NULL DEFAULT now(),
    expires_at timestamptz,
    last_used_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX token_email ON token (email);
CREATE UNIQUE INDEX token_prefix ON token (prefix);

CREATE TABLE folder (
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    name text NOT NULL,
    display_name text NOT NULL,
    summary text,
    owners text[] NOT NULL DEFAULT '{}',
    extra_perms jsonb NOT NULL DEFAULT '{}',
    labels text[] NOT NULL DEFAULT '{}',
    default_permissioned_as jsonb,
    created_by text,
    created_at timestamptz NOT NULL DEFAULT now(),
    edited_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, name)
);

CREATE TABLE workspace_group (
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    name text NOT NULL,
    summary text NOT NULL DEFAULT '',
    extra_perms jsonb NOT NULL DEFAULT '{}', -- true: may manage the members
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, name)
);

CREATE TABLE workspace_group_member (
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    group_name text NOT NULL,
    username text NOT NULL,
    PRIMARY KEY (workspace_id, group_name, username),
    FOREIGN KEY (workspace_id, group_name) REFERENCES workspace_group ON DELETE CASCADE,
    FOREIGN KEY (workspace_id, username) REFERENCES workspace_member ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX workspace_group_member_username ON workspace_group_member (workspace_id, username);

CREATE TABLE audit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    workspace_id text, -- null: an event of the whole instance; kept when the workspace is deleted
    username text NOT NULL,
    email text NOT NULL,
    token_prefix text,
    job_id uuid, -- the job on whose token it was done
    address text,
    action text NOT NULL,
    kind text NOT NULL CHECK (kind IN ('Created', 'Updated', 'Delete', 'Execute')),
    resource text,
    parameters jsonb,
    outcome text NOT NULL DEFAULT 'ok'
);
CREATE INDEX audit_workspace ON audit (workspace_id, id DESC);

-- The trail is append-only: entries change never, and go only when retention asks for it by name.
CREATE FUNCTION audit_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND current_setting('postmill.audit_retention', true) = 'on' THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'audit entries are append-only';
END
$$;
CREATE TRIGGER audit_append_only BEFORE UPDATE OR DELETE ON audit
    FOR EACH ROW EXECUTE FUNCTION audit_is_append_only();

CREATE TABLE workspace_key (
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    id integer NOT NULL,
    wrapped_key text NOT NULL, -- the data key, sealed with the instance key
    created_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (workspace_id, id)
);

CREATE TABLE global_setting (
    name text PRIMARY KEY,
    sealed_value text NOT NULL, -- JSON, sealed with a key derived from the instance key
    updated_at timestamptz NOT NULL DEFAULT now(),
    updated_by text NOT NULL
);

CREATE TABLE login_attempt (
    subject text NOT NULL, -- account:<email> or address:<ip>
    window_start timestamptz NOT NULL,
    failures integer NOT NULL DEFAULT 0,
    PRIMARY KEY (subject, window_start)
);
