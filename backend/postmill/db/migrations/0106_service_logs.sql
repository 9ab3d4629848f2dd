-- What servers and workers have logged, a row for each process and minute, so that any server shows the logs of all.
CREATE TABLE service_log (
    file_path text PRIMARY KEY,
    hostname text NOT NULL,
    mode text NOT NULL CHECK (mode IN ('server', 'worker')),
    worker_group text,
    logged_at timestamptz NOT NULL, -- the minute
    ok_lines integer NOT NULL DEFAULT 0,
    err_lines integer NOT NULL DEFAULT 0,
    content text NOT NULL
);
CREATE INDEX service_log_logged_at ON service_log (logged_at);
