-- What a workspace keeps its members from, and who is excepted.
CREATE TABLE protection_rule (
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    name text NOT NULL,
    rules text[] NOT NULL,
    bypass_groups text[] NOT NULL,
    bypass_users text[] NOT NULL,
    PRIMARY KEY (workspace_id, name)
);
