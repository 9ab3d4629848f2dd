-- name: get
SELECT workspace_id, domain, is_operator, adds, set_by FROM workspace_auto_invite WHERE workspace_id = $1;

-- name: put
INSERT INTO workspace_auto_invite (workspace_id, domain, is_operator, adds, set_by) VALUES ($1, $2, $3, $4, $5)
ON CONFLICT (workspace_id) DO UPDATE SET
    domain = excluded.domain, is_operator = excluded.is_operator, adds = excluded.adds, set_by = excluded.set_by;

-- name: remove
DELETE FROM workspace_auto_invite WHERE workspace_id = $1;

-- name: for_account
-- The workspaces that want an account with the address $1, of domain $2, and do not have it or have asked it yet.
SELECT a.workspace_id, a.domain, a.is_operator, a.adds, a.set_by
FROM workspace_auto_invite AS a JOIN workspace AS w ON w.id = a.workspace_id AND NOT w.archived
WHERE a.domain IN ('*', $2)
  AND NOT EXISTS (SELECT FROM workspace_member AS m WHERE m.workspace_id = a.workspace_id AND m.email = $1)
  AND NOT EXISTS (SELECT FROM workspace_invite AS i WHERE i.workspace_id = a.workspace_id AND i.email = $1)
ORDER BY a.workspace_id;

-- name: accounts_of
-- The addresses of the accounts that are in domain $1 (*: of all).
SELECT email FROM account WHERE NOT disabled AND ($1 = '*' OR split_part(email, '@', 2) = $1) ORDER BY email;
