-- Secret links that answer a step which waits for approval, and how to find what waits.

-- A link is good while its row is: until then, and for its signature see items/approval_links.
CREATE TABLE approval_link (
    job_id uuid NOT NULL,
    resume_id bigint NOT NULL,
    approver text NOT NULL, -- "" for nobody in particular
    workspace_id text NOT NULL REFERENCES workspace (id) ON DELETE CASCADE,
    created_by text NOT NULL,
    expires_at timestamptz NOT NULL,
    PRIMARY KEY (job_id, resume_id, approver)
);
CREATE INDEX approval_link_expiry ON approval_link (expires_at);

CREATE INDEX queue_awaiting ON queue (workspace_id, job_id DESC) WHERE state = 'suspended' AND awaited > 0;
