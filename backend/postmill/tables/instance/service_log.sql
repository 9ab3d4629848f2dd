-- name: append
-- Lines of a process in a minute, behind those that it had. $9 is how long the content of one minute may become; what
-- is beyond it is counted and left out.
INSERT INTO service_log AS s (file_path, hostname, mode, worker_group, logged_at, ok_lines, err_lines, content)
VALUES ($1, $2, $3, $4, $5, $6, $7, left($8, $9::integer))
ON CONFLICT (file_path) DO UPDATE SET
    ok_lines = s.ok_lines + excluded.ok_lines,
    err_lines = s.err_lines + excluded.err_lines,
    content = left(s.content || excluded.content, $9::integer)

-- name: list_files
-- The newest first; $3: only those with errors.
SELECT file_path, hostname, mode, worker_group, logged_at, ok_lines, err_lines
FROM service_log
WHERE ($1::timestamptz IS NULL OR logged_at <= $1) AND ($2::timestamptz IS NULL OR logged_at >= $2)
  AND (NOT $3::boolean OR err_lines > 0)
ORDER BY logged_at DESC, file_path LIMIT $4

-- name: content
SELECT content FROM service_log WHERE file_path = $1

-- name: forget_old
DELETE FROM service_log WHERE logged_at < now() - make_interval(days => $1)
