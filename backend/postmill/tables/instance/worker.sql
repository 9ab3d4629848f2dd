-- name: ping
-- Says that a worker is there and what it does.
INSERT INTO worker (
    name, instance, worker_group, tags, slots, busy, version, ip, isolation, isolation_reasons, jobs_executed,
    last_job_id, last_job_workspace_id, occupancy, occupancy_15s, occupancy_5m, occupancy_30m, cpus,
    memory_total_bytes, memory_used_bytes, draining
) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)
ON CONFLICT (name) DO UPDATE SET
    ping_at = now(), tags = excluded.tags, slots = excluded.slots, busy = excluded.busy,
    jobs_executed = excluded.jobs_executed, last_job_id = excluded.last_job_id,
    last_job_workspace_id = excluded.last_job_workspace_id, occupancy = excluded.occupancy,
    occupancy_15s = excluded.occupancy_15s, occupancy_5m = excluded.occupancy_5m,
    occupancy_30m = excluded.occupancy_30m, memory_used_bytes = excluded.memory_used_bytes,
    draining = excluded.draining
RETURNING restart_asked;

-- name: ask_to_restart
-- Asks the workers of a group that were heard of within $2 seconds, and tells them at once.
WITH asked AS (
    UPDATE worker SET restart_asked = true
    WHERE worker_group = $1 AND NOT draining AND ping_at > now() - make_interval(secs => $2::double precision)
    RETURNING name
)
SELECT name, pg_notify('worker_group_changed', $1)::text AS announced FROM asked;

-- name: remove
DELETE FROM worker WHERE name = $1;

-- name: forget_silent
-- Workers that were not heard of for $1 seconds.
DELETE FROM worker WHERE ping_at < now() - make_interval(secs => $1::double precision) RETURNING name;
