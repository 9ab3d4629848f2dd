-- Runs that wait for others of their kind to come, so that one run does for all of them.
CREATE TABLE debounce (
    key text PRIMARY KEY,
    job_id uuid NOT NULL, -- the run that waits
    first_at timestamptz NOT NULL DEFAULT clock_timestamp(), -- when the first of those came for which it will do
    replaced integer NOT NULL DEFAULT 0 -- how many came before it
);
