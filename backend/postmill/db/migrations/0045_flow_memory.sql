-- Which conversation a run of a flow with chat input belongs to; goes with the job.
CREATE TABLE flow_memory (
    job_id uuid PRIMARY KEY,
    memory_id uuid NOT NULL
);
