-- name: current
-- The file in force for a language and name; the unnamed one is the default.
select * from workspace_dependency
where workspace_id = $1 and language = $2 and coalesce(name, '') = coalesce($3, '') and not archived;

-- name: latest
-- The newest content, archived or not.
select * from workspace_dependency
where workspace_id = $1 and language = $2 and coalesce(name, '') = coalesce($3, '')
order by id desc
limit 1;

-- name: contents
-- The files in force of a language; '' names the default.
select coalesce(name, '') as name, content from workspace_dependency
where workspace_id = $1 and language = $2 and not archived;

-- name: list_current
-- Every file in force.
select * from workspace_dependency where workspace_id = $1 and not archived order by language, name nulls first;

-- name: add
-- A new content; the one before it must be archived first.
insert into workspace_dependency (workspace_id, language, name, description, content, created_by)
values ($1, $2, $3, $4, $5, $6)
returning id;

-- name: archive
-- Takes the file in force out of force.
update workspace_dependency set archived = true
where workspace_id = $1 and language = $2 and coalesce(name, '') = coalesce($3, '') and not archived
returning id;

-- name: delete
-- Forgets a file with all its earlier contents.
delete from workspace_dependency
where workspace_id = $1 and language = $2 and coalesce(name, '') = coalesce($3, '')
returning id;
