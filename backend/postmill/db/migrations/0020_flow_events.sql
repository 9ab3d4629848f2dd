-- What comes to flows from outside: approvals and refusals. And how a flow waits in the queue.

-- An answer to a step that asks for approval (step_job) or to a whole flow (step_job null).
CREATE TABLE flow_event (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    flow_job uuid NOT NULL,
    step_job uuid,
    resume_id bigint NOT NULL,
    kind text NOT NULL CHECK (kind IN ('approve', 'disapprove')),
    payload json NOT NULL DEFAULT 'null',
    approver text,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX flow_event_once ON flow_event (coalesce(step_job, flow_job), resume_id);

-- A flow whose step runs, or that waits for answers, is suspended. awaited: how many answers are missing.
-- poked: something came in while a worker held the flow, which must look again before it lets go.
ALTER TABLE queue
    ADD COLUMN awaited integer NOT NULL DEFAULT 0,
    ADD COLUMN suspend_until timestamptz,
    ADD COLUMN poked boolean NOT NULL DEFAULT false;
CREATE INDEX queue_suspended_until ON queue (suspend_until) WHERE state = 'suspended' AND suspend_until IS NOT NULL;
