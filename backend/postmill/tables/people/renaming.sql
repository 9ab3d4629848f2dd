-- A person under another address or another name: everything that goes by it, except for what the audit trail says.

-- name: move_account
UPDATE account SET email = $2 WHERE email = $1 RETURNING email;

-- name: move_memberships
UPDATE workspace_member SET email = $2 WHERE email = $1;

-- name: move_tokens
UPDATE token SET email = $2 WHERE email = $1;

-- name: move_group_memberships
UPDATE instance_group_member SET email = $2 WHERE email = $1;

-- name: move_invitations
UPDATE workspace_invite SET email = $2 WHERE email = $1;

-- name: move_sent_invitations
UPDATE workspace_invite SET invited_by = $2 WHERE invited_by = $1;

-- name: move_invitations_by_domain
UPDATE workspace_auto_invite SET set_by = $2 WHERE set_by = $1;

-- name: move_ownership
UPDATE workspace SET owner = $2 WHERE owner = $1;

-- name: move_handlers
UPDATE workspace_handler SET email = $2,
    permissioned_as = CASE WHEN permissioned_as = $1 THEN $2 ELSE permissioned_as END
WHERE email = $1;

-- name: move_drafts
UPDATE draft SET email = $2, username = CASE WHEN username = $1 THEN $2 ELSE username END WHERE email = $1;

-- name: move_stars
UPDATE favorite SET email = $2 WHERE email = $1;

-- name: move_shares
UPDATE run_share SET created_by_email = $2,
    created_by = CASE WHEN created_by = $1 THEN $2 ELSE created_by END
WHERE created_by_email = $1;

-- name: move_identities_of_scripts
-- As whom versions run, and who vouches for it where that is a superadmin from outside the workspace. Tells every process.
WITH changed AS (
    UPDATE script SET
        created_by = CASE WHEN created_by = $1 THEN $2 ELSE created_by END,
        settings = CASE WHEN settings ->> 'on_behalf_of_email' = $1
            THEN jsonb_set(settings, '{on_behalf_of_email}', to_jsonb($2::text)) ELSE settings END
    WHERE created_by = $1 OR settings ->> 'on_behalf_of_email' = $1
    RETURNING workspace_id, path
)
SELECT count(pg_notify('script_changed', workspace_id || ':' || path)::text) FROM changed;

-- name: move_identities_of_flows
-- The same for flows.
WITH changed AS (
    UPDATE flow_version SET
        created_by = CASE WHEN created_by = $1 THEN $2 ELSE created_by END,
        settings = CASE WHEN settings ->> 'on_behalf_of_email' = $1
            THEN jsonb_set(settings, '{on_behalf_of_email}', to_jsonb($2::text)) ELSE settings END
    WHERE created_by = $1 OR settings ->> 'on_behalf_of_email' = $1
    RETURNING workspace_id, path
)
SELECT count(pg_notify('flow_changed', workspace_id || ':' || path)::text) FROM changed;

-- name: move_waiting_jobs
-- Runs that have not ended go on as the same person; those that have ended keep the address of their time.
UPDATE job SET
    email = CASE WHEN job.email = $1 THEN $2 ELSE job.email END,
    created_by = CASE WHEN job.created_by = $1 THEN $2 ELSE job.created_by END,
    permissioned_as = CASE WHEN job.permissioned_as = $1 THEN $2 ELSE job.permissioned_as END
FROM queue WHERE queue.job_id = job.id AND $1 IN (job.email, job.created_by, job.permissioned_as);

-- name: memberships_in_the_way
-- Workspaces in which both addresses are members.
SELECT a.workspace_id FROM workspace_member AS a
JOIN workspace_member AS b ON b.workspace_id = a.workspace_id AND b.email = $2
WHERE a.email = $1 ORDER BY 1;

-- name: rename_member
-- In workspace $1 the member $2 is called $3; their groups follow.
UPDATE workspace_member SET username = $3 WHERE workspace_id = $1 AND username = $2;

-- name: rename_in_grants_of_scripts
UPDATE script SET extra_perms = (extra_perms - ('u/' || $2::text))
    || jsonb_build_object('u/' || $3::text, extra_perms -> ('u/' || $2::text))
WHERE workspace_id = $1 AND extra_perms ? ('u/' || $2::text);

-- name: rename_in_grants_of_flows
UPDATE flow SET extra_perms = (extra_perms - ('u/' || $2::text))
    || jsonb_build_object('u/' || $3::text, extra_perms -> ('u/' || $2::text))
WHERE workspace_id = $1 AND extra_perms ? ('u/' || $2::text);

-- name: rename_in_grants_of_variables
UPDATE variable SET extra_perms = (extra_perms - ('u/' || $2::text))
    || jsonb_build_object('u/' || $3::text, extra_perms -> ('u/' || $2::text))
WHERE workspace_id = $1 AND extra_perms ? ('u/' || $2::text);

-- name: rename_in_grants_of_resources
UPDATE resource SET extra_perms = (extra_perms - ('u/' || $2::text))
    || jsonb_build_object('u/' || $3::text, extra_perms -> ('u/' || $2::text))
WHERE workspace_id = $1 AND extra_perms ? ('u/' || $2::text);

-- name: rename_in_grants_of_folders
UPDATE folder SET extra_perms = (extra_perms - ('u/' || $2::text))
    || jsonb_build_object('u/' || $3::text, extra_perms -> ('u/' || $2::text))
WHERE workspace_id = $1 AND extra_perms ? ('u/' || $2::text);

-- name: rename_in_grants_of_workspace_groups
UPDATE workspace_group SET extra_perms = (extra_perms - ('u/' || $2::text))
    || jsonb_build_object('u/' || $3::text, extra_perms -> ('u/' || $2::text))
WHERE workspace_id = $1 AND extra_perms ? ('u/' || $2::text);

-- name: rename_owner
UPDATE folder SET owners = array_replace(owners, 'u/' || $2::text, 'u/' || $3::text)
WHERE workspace_id = $1 AND 'u/' || $2::text = ANY (owners);

-- name: rename_excepted
UPDATE protection_rule SET bypass_users = array_replace(bypass_users, $2, $3)
WHERE workspace_id = $1 AND $2 = ANY (bypass_users);

-- name: rename_in_drafts
UPDATE draft SET
    username = CASE WHEN username = $2 THEN $3 ELSE username END,
    path = CASE WHEN starts_with(path, 'u/' || $2::text || '/')
        THEN 'u/' || $3::text || substr(path, length('u/' || $2::text) + 1) ELSE path END
WHERE workspace_id = $1 AND (username = $2 OR starts_with(path, 'u/' || $2::text || '/'));

-- name: rename_in_inputs
UPDATE saved_input SET created_by = $3 WHERE workspace_id = $1 AND created_by = $2;

-- name: rename_in_links
UPDATE approval_link SET created_by = $3 WHERE workspace_id = $1 AND created_by = $2;

-- name: rename_in_shares
UPDATE run_share SET created_by = 'u/' || $3::text WHERE workspace_id = $1 AND created_by = 'u/' || $2::text;

-- name: rename_in_handlers
UPDATE workspace_handler SET permissioned_as = 'u/' || $3::text WHERE workspace_id = $1 AND permissioned_as = 'u/' || $2::text;

-- name: rename_in_scripts
-- Who deployed versions and as whom they run. Tells every process.
WITH changed AS (
    UPDATE script SET
        created_by = CASE WHEN created_by = $2 THEN $3 ELSE created_by END,
        settings = CASE WHEN settings ->> 'on_behalf_of' = 'u/' || $2::text
            THEN jsonb_set(settings, '{on_behalf_of}', to_jsonb('u/' || $3::text)) ELSE settings END
    WHERE workspace_id = $1 AND (created_by = $2 OR settings ->> 'on_behalf_of' = 'u/' || $2::text)
    RETURNING path
)
SELECT count(pg_notify('script_changed', $1 || ':' || path)::text) FROM changed;

-- name: rename_in_flows
-- The same for flows.
WITH changed AS (
    UPDATE flow_version SET
        created_by = CASE WHEN created_by = $2 THEN $3 ELSE created_by END,
        settings = CASE WHEN settings ->> 'on_behalf_of' = 'u/' || $2::text
            THEN jsonb_set(settings, '{on_behalf_of}', to_jsonb('u/' || $3::text)) ELSE settings END
    WHERE workspace_id = $1 AND (created_by = $2 OR settings ->> 'on_behalf_of' = 'u/' || $2::text)
    RETURNING path
)
SELECT count(pg_notify('flow_changed', $1 || ':' || path)::text) FROM changed;

-- name: patience
-- Renaming in a long past takes a while.
SET LOCAL statement_timeout = '300s';

-- name: rename_in_jobs
-- Their past runs stay theirs, and those that have not ended go on as them.
UPDATE job SET
    created_by = CASE WHEN created_by = $2 THEN $3 ELSE created_by END,
    permissioned_as = CASE WHEN permissioned_as = 'u/' || $2::text THEN 'u/' || $3::text ELSE permissioned_as END
WHERE workspace_id = $1 AND (created_by = $2 OR permissioned_as = 'u/' || $2::text);
