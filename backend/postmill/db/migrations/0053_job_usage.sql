-- What jobs used while they ran: a row for each job that lasted long enough to be looked at, its points in arrays.
CREATE TABLE job_usage (
    job_id uuid PRIMARY KEY,
    attempt integer NOT NULL,
    at timestamptz[] NOT NULL,
    memory_kb integer[] NOT NULL, -- the most that its processes held between the point before and this one
    cpu_ms bigint[] NOT NULL -- the processor time of its processes since they began
);
