-- Workflows as code: the script runs again and again, each time up to the first step that is not done. What is done is
-- read from here: a task or an approval when its child job has ended, a sleep when its time has come, a step at once.
CREATE TABLE workflow_step (
    job_id uuid NOT NULL,
    key text NOT NULL, -- the name of the function, then name_2, name_3
    seq bigint GENERATED ALWAYS AS IDENTITY,
    kind text NOT NULL CHECK (kind IN ('task', 'approval', 'sleep', 'step')),
    name text NOT NULL,
    child_job uuid, -- of a task or an approval
    due_at timestamptz, -- of a sleep
    result json, -- of a step; that of a task is its child's
    started_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    duration_ms bigint,
    PRIMARY KEY (job_id, key)
);
