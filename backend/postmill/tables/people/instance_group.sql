-- name: lock
-- Memberships that come with groups are settled by one transaction at a time.
SELECT pg_advisory_xact_lock(7361002)

-- name: list_groups
SELECT g.name, g.summary, g.instance_role, g.scim_id, g.scim_display_name, g.external_id,
       ARRAY(SELECT m.email FROM instance_group_member AS m WHERE m.group_name = g.name ORDER BY 1) AS emails
FROM instance_group AS g WHERE $1::text IS NULL OR g.name = $1 ORDER BY g.name

-- name: workspaces_of
SELECT w.group_name, w.workspace_id, s.name AS workspace_name, w.role
FROM workspace_instance_group AS w JOIN workspace AS s ON s.id = w.workspace_id
WHERE $1::text IS NULL OR w.group_name = $1 ORDER BY w.group_name, w.workspace_id

-- name: insert
INSERT INTO instance_group (name, summary, instance_role, scim_id, scim_display_name, external_id)
VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING RETURNING name

-- name: update
UPDATE instance_group SET summary = $2, instance_role = $3 WHERE name = $1 RETURNING name

-- name: delete
DELETE FROM instance_group WHERE name = $1 RETURNING name

-- name: delete_others
DELETE FROM instance_group WHERE name <> ALL($1::text[])

-- name: describe
UPDATE instance_group SET summary = $2, instance_role = $3, scim_id = $4, scim_display_name = $5, external_id = $6
WHERE name = $1

-- name: add_members
INSERT INTO instance_group_member (group_name, email) SELECT $1, unnest($2::text[]) ON CONFLICT DO NOTHING

-- name: remove_member
DELETE FROM instance_group_member WHERE group_name = $1 AND email = $2 RETURNING email

-- name: keep_members
DELETE FROM instance_group_member WHERE group_name = $1 AND email <> ALL($2::text[])

-- name: remove_everywhere
DELETE FROM instance_group_member WHERE email = $1

-- name: groups_of_workspace
SELECT group_name, role FROM workspace_instance_group WHERE workspace_id = $1 ORDER BY group_name

-- name: clear_workspace
DELETE FROM workspace_instance_group WHERE workspace_id = $1

-- name: give_to_workspace
INSERT INTO workspace_instance_group (workspace_id, group_name, role)
SELECT $1, given.name, given.role FROM unnest($2::text[], $3::text[]) AS given (name, role)

-- name: missing_groups
SELECT given FROM unnest($1::text[]) AS given WHERE NOT EXISTS (SELECT FROM instance_group WHERE name = given)

-- name: unsettled_members
-- Members that differ from what the groups say; role null: no group takes them in any more. The strongest role counts.
WITH wanted AS (
    SELECT w.workspace_id, m.email,
           (ARRAY['operator', 'developer', 'admin'])[max(array_position(ARRAY['operator', 'developer', 'admin'], w.role))] AS role
    FROM workspace_instance_group AS w JOIN instance_group_member AS m ON m.group_name = w.group_name
    GROUP BY w.workspace_id, m.email
)
SELECT coalesce(w.workspace_id, p.workspace_id) AS workspace_id, coalesce(w.email, p.email) AS email, w.role, p.username
FROM wanted AS w FULL JOIN workspace_member AS p ON p.workspace_id = w.workspace_id AND p.email = w.email
WHERE (p.email IS NULL AND w.email IS NOT NULL)
   OR (p.by_group AND w.role IS DISTINCT FROM
       CASE WHEN p.is_admin THEN 'admin' WHEN p.is_operator THEN 'operator' ELSE 'developer' END)

-- name: take_in
INSERT INTO workspace_member (workspace_id, username, email, is_admin, is_operator, by_group)
VALUES ($1, $2, $3, $4, $5, true)

-- name: convert_member
-- A member whom a group of the workspace takes in belongs to it by that group from now on. No row where none does.
UPDATE workspace_member AS p SET by_group = true
WHERE p.workspace_id = $1 AND p.username = $2
  AND EXISTS (
      SELECT FROM workspace_instance_group AS w JOIN instance_group_member AS m ON m.group_name = w.group_name
      WHERE w.workspace_id = p.workspace_id AND m.email = p.email
  )
RETURNING p.email

-- name: unsettled_accounts
-- Accounts whose role of the instance differs from what the groups say; those set by hand stay.
SELECT a.email, a.is_superadmin, w.role FROM account AS a
LEFT JOIN LATERAL (
    SELECT max(g.instance_role) AS role -- superadmin is the greater of the two
    FROM instance_group_member AS m JOIN instance_group AS g ON g.name = m.group_name
    WHERE m.email = a.email
) AS w ON true
WHERE (a.role_source = 'manual' AND NOT a.is_superadmin AND w.role IS NOT NULL AND NOT (a.is_devops AND w.role = 'devops'))
   OR (a.role_source = 'instance_group' AND w.role IS DISTINCT FROM
       CASE WHEN a.is_superadmin THEN 'superadmin' WHEN a.is_devops THEN 'devops' END)

-- name: set_role
UPDATE account SET is_superadmin = $2 IS NOT DISTINCT FROM 'superadmin', is_devops = $2 IS NOT DISTINCT FROM 'devops',
    role_source = CASE WHEN $2::text IS NULL THEN 'manual' ELSE 'instance_group' END
WHERE email = $1
