-- The key under which public clients carry the secrets of a workspace, where somebody chose it; else it is derived.
CREATE TABLE workspace_export_key (
    workspace_id text PRIMARY KEY REFERENCES workspace (id) ON DELETE CASCADE,
    sealed_key text NOT NULL
);
