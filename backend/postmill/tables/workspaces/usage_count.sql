-- name: of_workspace
-- Runs that were started in the workspace since the beginning of the month; steps of flows count with their flow.
SELECT count(*) FROM job
WHERE workspace_id = $1 AND created_at >= date_trunc('month', now()) AND flow_step_id IS NULL

-- name: of_members
-- The same by the account of who started them.
SELECT m.email, count(j.id) AS executions
FROM workspace_member AS m LEFT JOIN job AS j
    ON j.workspace_id = m.workspace_id AND j.created_by = m.username
   AND j.created_at >= date_trunc('month', now()) AND j.flow_step_id IS NULL
WHERE m.workspace_id = $1
GROUP BY m.email ORDER BY executions DESC, m.email

-- name: of_account
-- Runs that an account started in all its workspaces since the beginning of the month.
SELECT count(j.id) FROM workspace_member AS m JOIN job AS j
    ON j.workspace_id = m.workspace_id AND j.created_by = m.username
   AND j.created_at >= date_trunc('month', now()) AND j.flow_step_id IS NULL
WHERE m.email = $1 AND ($2::text IS NULL OR m.workspace_id = $2)
