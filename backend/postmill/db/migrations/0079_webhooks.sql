-- The address that a workspace has told of its changes, and what it has not been told yet.
CREATE TABLE workspace_webhook (
    workspace_id text PRIMARY KEY REFERENCES workspace (id) ON DELETE CASCADE,
    sealed_url text NOT NULL
);

CREATE TABLE webhook_message (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    workspace_id text NOT NULL REFERENCES workspace_webhook (workspace_id) ON DELETE CASCADE,
    action text NOT NULL,
    resource text,
    parameters jsonb,
    made_at timestamptz NOT NULL DEFAULT now(),
    tries integer NOT NULL DEFAULT 0,
    due_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON webhook_message (due_at, id);
