-- name: get
-- One variable; the value of a secret is its sealed record.
select * from variable where workspace_id = $1 and path = $2;

-- name: get_for_update
-- One variable, locked for the rest of the transaction.
select * from variable where workspace_id = $1 and path = $2 for update;

-- name: list_visible
-- The filters are optional; texts match anywhere, whatever their case. Values of secrets stay out of the search.
select v.*
from variable v
where v.workspace_id = $1
  and ($2::text is null or starts_with(v.path, $2))
  and ($3::text is null or strpos(lower(v.path), lower($3)) > 0)
  and ($4::text is null or strpos(lower(v.description), lower($4)) > 0)
  and ($5::text is null or (not v.is_secret and strpos(lower(v.value), lower($5)) > 0))
  and ($6::text is null or strpos(lower(v.path), lower($6)) > 0 or strpos(lower(v.description), lower($6)) > 0
       or (not v.is_secret and strpos(lower(v.value), lower($6)) > 0))
  and ($7::text is null or $7 = any (v.labels))
  and true /* visible */
order by v.path
limit $8 offset $9;

-- name: list_secrets
-- Every sealed record of a workspace, for the rotation of its key.
select path, value from variable where workspace_id = $1 and is_secret for update;

-- name: add
-- A duplicate path is refused by the primary key.
insert into variable (
    workspace_id, path, value, is_secret, description, account, is_oauth, expires_at, labels, ws_specific, edited_by
) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
on conflict do nothing
returning path;

-- name: update
-- Writes all members; the path may change.
update variable
set path = $3, value = $4, is_secret = $5, description = $6, labels = $7, ws_specific = $8, edited_by = $9,
    edited_at = clock_timestamp()
where workspace_id = $1 and path = $2;

-- name: set_value
-- The value alone, for instance when it is sealed again with another key.
update variable set value = $3 where workspace_id = $1 and path = $2;

-- name: set_extra_perms
-- The grants alone.
update variable set extra_perms = $3::jsonb where workspace_id = $1 and path = $2;

-- name: delete
-- Removes one variable.
delete from variable where workspace_id = $1 and path = $2 returning path;

-- name: list_paths
-- The paths of all variables.
select v.path from variable v
where v.workspace_id = $1
  and true /* visible */
order by v.path;
