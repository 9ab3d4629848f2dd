-- name: scripts
-- The newest versions of scripts, without code, from a position on: $9 by path instead of time, $10 downwards.
SELECT s.path, s.summary, s.extra_perms::text AS extra_perms, s.archived, s.created_at, s.hash, s.language, s.kind,
       s.auto_kind, s.settings -> 'labels' AS labels, s.lock_error_logs IS NOT NULL AS has_deploy_errors,
       coalesce((s.settings ->> 'ws_error_handler_muted')::boolean, false) AS muted,
       EXISTS (SELECT FROM favorite f WHERE f.workspace_id = s.workspace_id AND f.email = $12 AND f.kind = 'script'
                   AND f.path = s.path) AS starred
FROM script AS s
WHERE s.workspace_id = $1 AND s.archived = $2 AND NOT s.deleted
  AND NOT EXISTS (SELECT FROM script AS n WHERE n.workspace_id = s.workspace_id AND n.path = s.path
                      AND n.version > s.version AND NOT n.deleted)
  AND ($3::text IS NULL OR starts_with(s.path, $3))
  AND ($4::boolean OR s.auto_kind IS DISTINCT FROM 'lib')
  AND ($5::text IS NULL OR s.settings -> 'labels' ? $5)
  AND ($6::text IS NULL OR strpos(lower(s.path || ' ' || s.summary), lower($6)) > 0)
  AND ($8::text IS NULL OR CASE
      WHEN $9::boolean THEN CASE WHEN $10::boolean THEN s.path < $8 ELSE s.path > $8 END
      WHEN $10 THEN (s.created_at, s.path) < ($7::timestamptz, $8) ELSE (s.created_at, s.path) > ($7, $8) END)
  AND true /* visible */
ORDER BY CASE WHEN NOT $9 AND $10 THEN s.created_at END DESC, CASE WHEN NOT $9 AND NOT $10 THEN s.created_at END,
         CASE WHEN $10 THEN s.path END DESC, s.path
LIMIT $11

-- name: flows
-- The same of flows.
SELECT s.path, v.summary, s.extra_perms::text AS extra_perms, s.archived, v.created_at, v.id AS version,
       v.settings -> 'labels' AS labels, v.lock_error_logs IS NOT NULL AS has_deploy_errors,
       coalesce((v.settings ->> 'ws_error_handler_muted')::boolean, false) AS muted,
       EXISTS (SELECT FROM favorite f WHERE f.workspace_id = s.workspace_id AND f.email = $12 AND f.kind = 'flow'
                   AND f.path = s.path) AS starred
FROM flow AS s JOIN flow_version AS v ON v.id = s.version_id
WHERE s.workspace_id = $1 AND s.archived = $2
  AND ($3::text IS NULL OR starts_with(s.path, $3))
  AND $4::boolean IS NOT NULL
  AND ($5::text IS NULL OR v.settings -> 'labels' ? $5)
  AND ($6::text IS NULL OR strpos(lower(s.path || ' ' || v.summary), lower($6)) > 0)
  AND ($8::text IS NULL OR CASE
      WHEN $9::boolean THEN CASE WHEN $10::boolean THEN s.path < $8 ELSE s.path > $8 END
      WHEN $10 THEN (v.created_at, s.path) < ($7::timestamptz, $8) ELSE (v.created_at, s.path) > ($7, $8) END)
  AND true /* visible */
ORDER BY CASE WHEN NOT $9 AND $10 THEN v.created_at END DESC, CASE WHEN NOT $9 AND NOT $10 THEN v.created_at END,
         CASE WHEN $10 THEN s.path END DESC, s.path
LIMIT $11

-- name: script_counts
SELECT split_part(s.path, '/', 1) || '/' || split_part(s.path, '/', 2) AS owner, count(*) AS count
FROM script AS s
WHERE s.workspace_id = $1 AND NOT s.archived AND NOT s.deleted
  AND NOT EXISTS (SELECT FROM script AS n WHERE n.workspace_id = s.workspace_id AND n.path = s.path
                      AND n.version > s.version AND NOT n.deleted)
  AND ($2::boolean OR s.auto_kind IS DISTINCT FROM 'lib')
  AND true /* visible */
GROUP BY owner

-- name: flow_counts
SELECT split_part(s.path, '/', 1) || '/' || split_part(s.path, '/', 2) AS owner, count(*) AS count
FROM flow AS s
WHERE s.workspace_id = $1 AND NOT s.archived AND $2::boolean IS NOT NULL
  AND true /* visible */
GROUP BY owner

-- name: script_forms
-- What the live scripts of a workspace are called with: those whose path is like one of $2; $3 with their schema.
SELECT s.path, s.summary, s.description, CASE WHEN $3::boolean THEN s.schema::text END AS schema
FROM script AS s
WHERE s.workspace_id = $1 AND NOT s.archived AND NOT s.deleted AND s.auto_kind IS DISTINCT FROM 'lib'
  AND s.path LIKE ANY($2::text[])
  AND NOT EXISTS (SELECT FROM script AS n WHERE n.workspace_id = s.workspace_id AND n.path = s.path
                      AND n.version > s.version AND NOT n.deleted)
  AND true /* visible */
ORDER BY s.path LIMIT $4

-- name: flow_forms
-- The same of flows.
SELECT s.path, v.summary, v.description, CASE WHEN $3::boolean THEN v.schema::text END AS schema
FROM flow AS s JOIN flow_version AS v ON v.id = s.version_id
WHERE s.workspace_id = $1 AND NOT s.archived AND s.path LIKE ANY($2::text[])
  AND true /* visible */
ORDER BY s.path LIMIT $4
