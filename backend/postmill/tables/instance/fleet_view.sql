-- What readers see of the workers and of the work that waits for them.

-- name: workers
-- Workers heard of within the last $1 seconds. $2 limit, $3 offset.
SELECT name, instance, worker_group, tags, slots, busy, version, ip, isolation, isolation_reasons, started_at, ping_at,
       extract(epoch FROM now() - ping_at)::double precision AS silent_seconds, jobs_executed, last_job_id,
       last_job_workspace_id, occupancy, occupancy_15s, occupancy_5m, occupancy_30m, cpus, memory_total_bytes,
       memory_used_bytes, draining
  FROM worker
 WHERE ping_at > now() - make_interval(secs => $1::double precision)
 ORDER BY worker_group, name
 LIMIT $2 OFFSET $3;

-- name: served_tags
-- The tags that workers heard of within the last $1 seconds serve.
SELECT DISTINCT tag FROM worker, unnest(tags) AS tag
 WHERE ping_at > now() - make_interval(secs => $1::double precision) ORDER BY tag;

-- name: is_draining
-- Whether the worker that runs the job $1 takes no more jobs.
SELECT coalesce(bool_or(w.draining), false) FROM queue AS q JOIN worker AS w ON w.name = q.worker WHERE q.job_id = $1;

-- name: load_by_tag
-- How many jobs of each tag wait and run, and for how long the first of the waiting has.
SELECT tag, count(*) FILTER (WHERE state = 'ready') AS waiting, count(*) FILTER (WHERE state = 'running') AS running,
       coalesce(greatest(extract(epoch FROM now() - min(scheduled_for) FILTER (WHERE state = 'ready')), 0), 0)
           ::double precision AS oldest_seconds
  FROM queue WHERE state IN ('ready', 'running') GROUP BY tag ORDER BY tag;

-- name: concurrency_key
-- The concurrency key of the job $1.
SELECT concurrency_key FROM job WHERE id = $1;
