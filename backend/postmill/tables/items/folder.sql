-- name: insert
INSERT INTO folder (workspace_id, name, display_name, summary, owners, extra_perms, labels, default_permissioned_as, created_by)
VALUES ($1, $2, $3, $4, $5, $6::jsonb, $7, $8::jsonb, $9)

-- name: list_folders
SELECT name, display_name, summary, owners, extra_perms, labels, default_permissioned_as, created_by, edited_at
FROM folder
WHERE workspace_id = $1 AND ($2::text[] IS NULL OR name = ANY($2)) ORDER BY name LIMIT $3 OFFSET $4

-- name: lock
SELECT name, display_name, summary, owners, extra_perms, labels, default_permissioned_as, created_by, edited_at
FROM folder WHERE workspace_id = $1 AND name = $2 FOR UPDATE

-- name: update
UPDATE folder SET summary = $3, owners = $4, extra_perms = $5::jsonb, labels = $6, default_permissioned_as = $7::jsonb,
    edited_at = now()
WHERE workspace_id = $1 AND name = $2

-- name: delete
DELETE FROM folder WHERE workspace_id = $1 AND name = $2

-- name: usage
-- How many objects live in a folder.
SELECT (SELECT count(DISTINCT path) FROM script
        WHERE workspace_id = $1 AND starts_with(path, $2) AND NOT archived AND NOT deleted) AS scripts,
       (SELECT count(*) FROM flow WHERE workspace_id = $1 AND starts_with(path, $2) AND NOT archived) AS flows,
       (SELECT count(*) FROM resource WHERE workspace_id = $1 AND starts_with(path, $2)) AS resources,
       (SELECT count(*) FROM variable WHERE workspace_id = $1 AND starts_with(path, $2)) AS variables
