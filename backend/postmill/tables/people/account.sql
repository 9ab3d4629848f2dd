-- name: insert
INSERT INTO account (email, name, company, password_hash, is_superadmin, first_time)
VALUES ($1, $2, $3, $4, $5, $6)

-- name: insert_service
INSERT INTO account (email, username, service_of, first_time) VALUES ($1, $2, $3, false)

-- name: get
SELECT email, name, company, username, password_hash, login_type, is_superadmin, is_devops, disabled, first_time,
       tutorial_progress, tutorials_skipped, role_source, created_at
FROM account WHERE email = $1

-- name: list_all
-- Every account of a person, with its user name where one workspace or several agree on it.
SELECT a.email, a.name, a.company, a.username, a.password_hash, a.login_type, a.is_superadmin, a.is_devops,
       a.disabled, a.first_time, a.tutorial_progress, a.tutorials_skipped, a.role_source, a.created_at
FROM account AS a
WHERE a.service_of IS NULL AND (NOT $1 OR NOT a.disabled)
ORDER BY a.email LIMIT $2 OFFSET $3

-- name: exists
SELECT EXISTS (SELECT FROM account WHERE email = $1)

-- name: any_exists
SELECT EXISTS (SELECT FROM account)

-- name: update
-- Changes what is not null.
UPDATE account SET
    name = COALESCE($2, name),
    is_superadmin = COALESCE($3, is_superadmin),
    is_devops = COALESCE($4, is_devops),
    disabled = COALESCE($5, disabled),
    role_source = CASE WHEN $3::boolean IS NULL AND $4::boolean IS NULL THEN role_source ELSE 'manual' END
WHERE email = $1 RETURNING email

-- name: put
-- Makes an account, or makes the one of that address like this; a role given by hand replaces one by a group.
INSERT INTO account (email, password_hash, name, company, username, is_superadmin, first_time)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (email) DO UPDATE SET
    password_hash = excluded.password_hash, name = excluded.name, company = excluded.company,
    username = excluded.username, first_time = excluded.first_time,
    role_source = CASE WHEN account.is_superadmin = excluded.is_superadmin THEN account.role_source ELSE 'manual' END,
    is_superadmin = excluded.is_superadmin

-- name: set_password
UPDATE account SET password_hash = $2, first_time = false WHERE email = $1 RETURNING email

-- name: set_login_type
UPDATE account SET login_type = $2 WHERE email = $1 RETURNING email

-- name: set_username
UPDATE account SET username = $2 WHERE email = $1

-- name: set_tutorial_progress
UPDATE account SET tutorial_progress = COALESCE($2, tutorial_progress),
    tutorials_skipped = COALESCE($3, tutorials_skipped)
WHERE email = $1

-- name: delete
DELETE FROM account WHERE email = $1 RETURNING email

-- name: other_superadmins
-- Locks the superadmins that remain, so that two of them cannot remove each other at once.
SELECT email FROM account WHERE is_superadmin AND NOT disabled AND email <> $1 ORDER BY email FOR UPDATE

-- name: addable
-- Accounts that are no member of the workspace yet.
SELECT a.email, a.username FROM account AS a
WHERE NOT a.disabled AND a.service_of IS NULL AND NOT EXISTS (
    SELECT FROM workspace_member AS m WHERE m.workspace_id = $1 AND m.email = a.email)
  AND ($2 = '' OR position(lower($2) in a.email) > 0)
ORDER BY a.email LIMIT $3

-- name: lock_first_start
-- Many servers may start at once; one of them makes the first account.
SELECT pg_advisory_xact_lock(7361001)
