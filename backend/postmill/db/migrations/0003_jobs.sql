-- Jobs: what is to run (job), what waits or runs (queue), what ended (completed_job), and what they said.
--
-- A job row is written once. Its place in the life of a job is the row in queue, which is deleted in the statement that
-- inserts the row in completed_job; exactly one of the two exists. No foreign keys: these tables are the hot path.

CREATE TABLE job (
    id uuid PRIMARY KEY,
    workspace_id text NOT NULL,
    kind text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    created_by text NOT NULL,
    permissioned_as text NOT NULL,
    email text NOT NULL,
    tag text NOT NULL,
    args json NOT NULL DEFAULT '{}', -- json, not jsonb: the order of the members is kept
    language text,
    path text,
    script_hash bigint,
    raw_code text,
    raw_lock text,
    entrypoint text,
    priority smallint NOT NULL DEFAULT 0,
    scheduled_for timestamptz NOT NULL DEFAULT now(),
    parent_job uuid,
    root_job uuid,
    trigger_kind text,
    trigger text,
    timeout_seconds integer,
    max_attempts smallint NOT NULL DEFAULT 3, -- how often it may be started after lost workers; the first time counts
    retry json, -- when a failed run runs again
    cache_ttl_seconds integer,
    cache_key text,
    concurrency_key text,
    concurrency_limit integer,
    concurrency_window_seconds integer,
    warm boolean NOT NULL DEFAULT false,
    preprocess boolean NOT NULL DEFAULT false,
    preprocessed boolean NOT NULL DEFAULT false, -- args are what the preprocessor made
    delete_after_seconds integer,
    visible_to_owner boolean NOT NULL DEFAULT true,
    scopes text[], -- what its token may do at most; null: everything that permissioned_as may
    end_user_email text,
    restart_unless_canceled boolean NOT NULL DEFAULT false
);
CREATE INDEX job_workspace ON job (workspace_id, id DESC);
CREATE INDEX job_path ON job (workspace_id, path, id DESC) WHERE path IS NOT NULL;
CREATE INDEX job_parent ON job (parent_job) WHERE parent_job IS NOT NULL;

-- state: ready (may be claimed), scheduled (its time has not come), parked (waits for a permit of its concurrency
-- key), running (a worker holds it), suspended (waits for an event).
-- attempt counts claims and fences every write of a worker; lost_attempts counts workers that vanished with it;
-- retries counts failed runs that its retry policy ran again.
CREATE TABLE queue (
    job_id uuid PRIMARY KEY,
    workspace_id text NOT NULL,
    tag text NOT NULL,
    priority smallint NOT NULL DEFAULT 0,
    state text NOT NULL DEFAULT 'ready'
        CHECK (state IN ('ready', 'scheduled', 'parked', 'running', 'suspended')),
    scheduled_for timestamptz NOT NULL DEFAULT now(),
    created_at timestamptz NOT NULL DEFAULT now(),
    attempt integer NOT NULL DEFAULT 0,
    lost_attempts smallint NOT NULL DEFAULT 0,
    max_attempts smallint NOT NULL DEFAULT 3,
    retries integer NOT NULL DEFAULT 0,
    worker text,
    started_at timestamptz,
    heartbeat_at timestamptz,
    concurrency_key text,
    concurrency_limit integer,
    concurrency_window_seconds integer,
    canceled_by text,
    canceled_reason text,
    canceled_at timestamptz,
    reply_channel text,
    memory_peak_kb integer NOT NULL DEFAULT 0,
    CHECK ((state = 'running') = (worker IS NOT NULL)),
    CHECK (state <> 'running' OR (started_at IS NOT NULL AND heartbeat_at IS NOT NULL))
) WITH (
    fillfactor = 80, -- room for heartbeats, which touch no index, on the same page
    autovacuum_vacuum_scale_factor = 0.0,
    autovacuum_vacuum_threshold = 2000,
    autovacuum_vacuum_insert_scale_factor = 0.0,
    autovacuum_vacuum_insert_threshold = 20000,
    autovacuum_analyze_scale_factor = 0.0,
    autovacuum_analyze_threshold = 20000,
    autovacuum_vacuum_cost_delay = 0
);
-- Only what may be claimed now is in the index of the claim, so that nothing else can slow it down.
CREATE INDEX queue_ready ON queue (tag, workspace_id, priority DESC, scheduled_for, job_id) WHERE state = 'ready';
CREATE INDEX queue_scheduled ON queue (scheduled_for) WHERE state = 'scheduled';
CREATE INDEX queue_parked ON queue (concurrency_key, priority DESC, scheduled_for, job_id) WHERE state = 'parked';
CREATE INDEX queue_running ON queue (worker) WHERE state = 'running';
CREATE INDEX queue_workspace ON queue (workspace_id, state);

CREATE TABLE completed_job (
    job_id uuid PRIMARY KEY,
    workspace_id text NOT NULL,
    status text NOT NULL CHECK (status IN ('success', 'failure', 'canceled', 'skipped')),
    result json, -- null when it lies in a blob or was deleted
    result_blob uuid,
    duration_ms bigint NOT NULL,
    started_at timestamptz, -- null: ended before it ran
    completed_at timestamptz NOT NULL DEFAULT now(),
    worker text,
    attempt integer NOT NULL,
    retries integer NOT NULL DEFAULT 0,
    canceled_by text,
    canceled_reason text,
    memory_peak_kb integer NOT NULL DEFAULT 0,
    labels text[],
    isolation text,
    delete_at timestamptz, -- when args, result and logs are removed
    deleted boolean NOT NULL DEFAULT false
);
CREATE INDEX completed_job_recent ON completed_job (workspace_id, completed_at DESC);
CREATE INDEX completed_job_time ON completed_job (completed_at);
CREATE INDEX completed_job_delete ON completed_job (delete_at) WHERE delete_at IS NOT NULL AND NOT deleted;

-- What a job printed, in pieces; start_at is the number of characters before the piece.
CREATE TABLE job_log (
    job_id uuid NOT NULL,
    start_at bigint NOT NULL,
    content text NOT NULL,
    PRIMARY KEY (job_id, start_at)
);

-- What a job streamed as its result, in pieces; start_at is the number of characters before the piece.
CREATE TABLE job_stream (
    job_id uuid NOT NULL,
    start_at bigint NOT NULL,
    content text NOT NULL,
    PRIMARY KEY (job_id, start_at)
);

-- Figures of a running job, for instance progress_perc.
CREATE TABLE job_metric (
    job_id uuid NOT NULL,
    workspace_id text NOT NULL,
    name text NOT NULL,
    value double precision NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (job_id, name)
);

-- Jobs that somebody looks at: their changes are announced on the channel job_update.
CREATE TABLE job_watcher (
    job_id uuid PRIMARY KEY,
    watched_until timestamptz NOT NULL
);

-- Who runs or ran under a concurrency key. counts_until null: it is held; else it counts until that time.
CREATE TABLE concurrency_permit (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    key text NOT NULL,
    job_id uuid NOT NULL,
    taken_at timestamptz NOT NULL DEFAULT now(),
    counts_until timestamptz
) WITH (autovacuum_vacuum_scale_factor = 0.0, autovacuum_vacuum_threshold = 1000);
CREATE INDEX concurrency_permit_key ON concurrency_permit (key, counts_until);
CREATE INDEX concurrency_permit_job ON concurrency_permit (job_id) WHERE counts_until IS NULL;
CREATE INDEX concurrency_permit_until ON concurrency_permit (counts_until) WHERE counts_until IS NOT NULL;

-- The results that runs with a cache time may take instead of running.
CREATE TABLE cached_result (
    key text PRIMARY KEY,
    workspace_id text NOT NULL,
    job_id uuid NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX cached_result_expiry ON cached_result (expires_at);

-- Long texts, in chunks, so that any server serves them.
CREATE TABLE blob (
    id uuid PRIMARY KEY,
    size_bytes bigint NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE blob_chunk (
    blob_id uuid NOT NULL,
    position integer NOT NULL,
    content bytea NOT NULL,
    PRIMARY KEY (blob_id, position)
);

CREATE TABLE worker (
    name text PRIMARY KEY,
    instance text NOT NULL, -- the machine
    worker_group text NOT NULL,
    tags text[] NOT NULL,
    slots integer NOT NULL,
    busy integer NOT NULL DEFAULT 0,
    version text NOT NULL,
    ip text NOT NULL,
    isolation text NOT NULL,
    isolation_reasons text[] NOT NULL DEFAULT '{}',
    started_at timestamptz NOT NULL DEFAULT now(),
    ping_at timestamptz NOT NULL DEFAULT now(),
    jobs_executed bigint NOT NULL DEFAULT 0,
    last_job_id uuid,
    last_job_workspace_id text,
    occupancy double precision NOT NULL DEFAULT 0, -- share of slot time spent on jobs: since the start,
    occupancy_15s double precision NOT NULL DEFAULT 0, -- and over these last spans
    occupancy_5m double precision NOT NULL DEFAULT 0,
    occupancy_30m double precision NOT NULL DEFAULT 0,
    cpus integer,
    memory_total_bytes bigint,
    memory_used_bytes bigint, -- by the worker and its jobs
    draining boolean NOT NULL DEFAULT false
);

-- What the workers of a group serve. The group 'default' serves every language even when its config names no tags.
CREATE TABLE worker_group (
    name text PRIMARY KEY,
    config json NOT NULL DEFAULT '{}', -- as on the wire: {"worker_tags": [...], "env_vars_static": {...}, ...}
    updated_at timestamptz NOT NULL DEFAULT now()
);
INSERT INTO worker_group (name, config) VALUES ('default', '{}') ON CONFLICT DO NOTHING;
