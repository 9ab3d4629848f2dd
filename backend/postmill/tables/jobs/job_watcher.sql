-- name: watch
-- Announces the changes of a job on the channel job_update for the next $2 seconds.
INSERT INTO job_watcher (job_id, watched_until) VALUES ($1, now() + make_interval(secs => $2::double precision))
ON CONFLICT (job_id) DO UPDATE SET watched_until = greatest(job_watcher.watched_until, excluded.watched_until);

-- name: forget_old
DELETE FROM job_watcher WHERE watched_until < now();
