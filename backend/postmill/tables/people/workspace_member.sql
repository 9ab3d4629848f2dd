-- name: identity_by_username
-- One member with roles and groups, for everything that runs as u/<name>.
SELECT m.username, m.email, m.is_admin, m.is_operator, m.disabled OR COALESCE(a.disabled, false) AS disabled,
       COALESCE(a.is_superadmin, false) AS is_superadmin,
       ARRAY(SELECT g.group_name FROM workspace_group_member AS g
             WHERE g.workspace_id = m.workspace_id AND g.username = m.username) AS groups
FROM workspace_member AS m
JOIN workspace AS w ON w.id = m.workspace_id AND NOT w.archived
LEFT JOIN account AS a ON a.email = m.email
WHERE m.workspace_id = $1 AND m.username = $2

-- name: identity_by_email
-- The same for a signed-in account.
SELECT m.username, m.email, m.is_admin, m.is_operator, m.disabled OR COALESCE(a.disabled, false) AS disabled,
       COALESCE(a.is_superadmin, false) AS is_superadmin,
       ARRAY(SELECT g.group_name FROM workspace_group_member AS g
             WHERE g.workspace_id = m.workspace_id AND g.username = m.username) AS groups
FROM workspace_member AS m
JOIN workspace AS w ON w.id = m.workspace_id AND NOT w.archived
LEFT JOIN account AS a ON a.email = m.email
WHERE m.workspace_id = $1 AND m.email = $2

-- name: folders_of
-- The folders that speak of any of the grants; what they give is decided by access.grants.
SELECT name, owners, extra_perms FROM folder
WHERE workspace_id = $1 AND (owners && $2::text[] OR extra_perms ?| $2::text[])

-- name: superadmin
-- An account that may enter every workspace without being its member.
SELECT a.email FROM account AS a JOIN workspace AS w ON w.id = $1 AND NOT w.archived
WHERE a.email = $2 AND a.is_superadmin AND NOT a.disabled

-- name: group_exists
SELECT true FROM workspace_group WHERE workspace_id = $1 AND name = $2

-- name: insert
INSERT INTO workspace_member (workspace_id, username, email, is_admin, is_operator) VALUES ($1, $2, $3, $4, $5)

-- name: list_members
SELECT m.username, m.email, m.is_admin, m.is_operator, m.disabled OR COALESCE(a.disabled, false) AS disabled,
       COALESCE(a.is_superadmin, false) AS is_superadmin, a.name, m.created_at, m.by_group,
       a.service_of IS NOT NULL AS is_service,
       ARRAY(SELECT g.group_name FROM workspace_group_member AS g
             WHERE g.workspace_id = m.workspace_id AND g.username = m.username ORDER BY 1) AS groups
FROM workspace_member AS m LEFT JOIN account AS a ON a.email = m.email
WHERE m.workspace_id = $1 AND ($2::text IS NULL OR m.username = $2) ORDER BY m.username

-- name: usernames
SELECT username FROM workspace_member WHERE workspace_id = $1 ORDER BY username

-- name: email_of
SELECT email FROM workspace_member WHERE workspace_id = $1 AND username = $2

-- name: username_taken
-- By a member or by a group, whose jobs run under such a name.
SELECT EXISTS (SELECT FROM workspace_member WHERE workspace_id = $1 AND username = $2)

-- name: update
UPDATE workspace_member SET
    is_admin = COALESCE($3, is_admin),
    is_operator = COALESCE($4, is_operator),
    disabled = COALESCE($5, disabled)
WHERE workspace_id = $1 AND username = $2 RETURNING email

-- name: delete
DELETE FROM workspace_member WHERE workspace_id = $1 AND username = $2 RETURNING email

-- name: delete_everywhere
DELETE FROM workspace_member WHERE email = $1

-- name: other_admins
-- Locks the admins that remain, so that two of them cannot remove each other at once.
SELECT username FROM workspace_member
WHERE workspace_id = $1 AND is_admin AND NOT disabled AND username <> $2 ORDER BY username FOR UPDATE

-- name: usernames_of
SELECT workspace_id, username FROM workspace_member WHERE email = $1 ORDER BY workspace_id
