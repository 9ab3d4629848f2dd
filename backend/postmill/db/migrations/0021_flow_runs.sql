-- Flows that run: where each stands, what its steps started, what they came to.

-- Which child of which flow a job is.
ALTER TABLE job
    ADD COLUMN flow_step_id text,
    ADD COLUMN flow_attempt integer, -- a failed step that runs again is another attempt
    ADD COLUMN flow_index integer; -- the turn of a loop, the branch, else 0

-- One row per flow job: a flow, or the body of a loop's turn, or a branch. origin never changes; state is written with
-- every step and of constant size; version fences: whoever decided from an older state starts over.
CREATE TABLE flow_state (
    job_id uuid PRIMARY KEY,
    workspace_id text NOT NULL,
    version integer NOT NULL DEFAULT 1,
    state text NOT NULL, -- JSON, flow_logic.state.State
    origin text NOT NULL -- JSON, model.flow_run.Origin
) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 2000);

-- The children of a flow. The key lets each be started once, whoever drives the flow how often.
CREATE TABLE flow_child (
    flow_job uuid NOT NULL,
    step_id text NOT NULL,
    attempt integer NOT NULL,
    index integer NOT NULL,
    job_id uuid NOT NULL,
    PRIMARY KEY (flow_job, step_id, attempt, index)
);

-- The steps that are done. scope_flow: the flow around it inside which its result can be named.
CREATE TABLE flow_step (
    flow_job uuid NOT NULL,
    step_id text NOT NULL,
    scope_flow uuid NOT NULL,
    seq bigint GENERATED ALWAYS AS IDENTITY,
    outcome text NOT NULL, -- JSON, flow_logic.commands.Remember
    PRIMARY KEY (flow_job, step_id)
);
CREATE INDEX flow_step_in_scope ON flow_step (scope_flow, step_id, seq DESC) WHERE flow_job <> scope_flow;

-- What a loop goes over, in pieces of so many items that a turn reads one of them.
CREATE TABLE flow_items (
    flow_job uuid NOT NULL,
    step_id text NOT NULL,
    attempt integer NOT NULL,
    piece integer NOT NULL,
    items text NOT NULL, -- a JSON list
    PRIMARY KEY (flow_job, step_id, attempt, piece)
);

-- Children that have ended and that their flow does not know of yet. Only inserted into while they end side by side.
CREATE TABLE flow_inbox (
    flow_job uuid NOT NULL,
    child_job uuid NOT NULL,
    arrived_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    PRIMARY KEY (flow_job, child_job)
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX flow_inbox_arrived ON flow_inbox (arrived_at);

-- What the scripts of a flow leave for each other.
CREATE TABLE flow_user_state (
    root_flow uuid NOT NULL,
    key text NOT NULL,
    value json NOT NULL,
    PRIMARY KEY (root_flow, key)
);

-- Aborts the statement that calls it: a flow, a child or a claim is not as the caller believed.
CREATE FUNCTION flow_conflict(message text) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '%', message USING ERRCODE = 'PMFC1';
END
$$;
