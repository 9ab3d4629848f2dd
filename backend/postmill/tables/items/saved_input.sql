-- name: get
-- One saved input.
select * from saved_input where workspace_id = $1 and id = $2;

-- name: list_for
-- Those of the caller and the public ones of a runnable, the newest first.
select * from saved_input
where workspace_id = $1 and runnable_type = $2 and runnable_id = $3 and (is_public or created_by = $4)
order by created_at desc, id
limit $5 offset $6;

-- name: add
-- A new saved input.
insert into saved_input (id, workspace_id, runnable_id, runnable_type, name, args, created_by)
values ($1, $2, $3, $4, $5, $6::json, $7);

-- name: update
-- Only who saved it may change it, or an admin ($5).
update saved_input set name = $3, is_public = $4
where workspace_id = $1 and id = $2 and ($5::boolean or created_by = $6)
returning id;

-- name: delete
-- Only who saved it may delete it, or an admin ($3).
delete from saved_input where workspace_id = $1 and id = $2 and ($3::boolean or created_by = $4) returning id;
