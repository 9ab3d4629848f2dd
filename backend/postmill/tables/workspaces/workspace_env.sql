-- name: list_all
-- The custom environment variables of a workspace.
select name, value from workspace_env where workspace_id = $1 order by name;

-- name: set
-- Writes one.
insert into workspace_env (workspace_id, name, value) values ($1, $2, $3)
on conflict (workspace_id, name) do update set value = excluded.value;

-- name: unset
-- Removes one.
delete from workspace_env where workspace_id = $1 and name = $2 returning name;
