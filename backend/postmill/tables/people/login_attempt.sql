-- name: failures
-- How often signing in failed for the subject within the last $2 seconds.
SELECT COALESCE(sum(failures), 0)::bigint FROM login_attempt
WHERE subject = $1 AND window_start > now() - make_interval(secs => $2)

-- name: record_failure
INSERT INTO login_attempt (subject, window_start, failures) VALUES ($1, date_trunc('minute', now()), 1)
ON CONFLICT (subject, window_start) DO UPDATE SET failures = login_attempt.failures + 1

-- name: clear
DELETE FROM login_attempt WHERE subject = $1

-- name: delete_old
DELETE FROM login_attempt WHERE window_start < now() - interval '1 day'
