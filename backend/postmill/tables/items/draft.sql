-- name: get
-- The draft that one person keeps of an item.
select * from draft where workspace_id = $1 and email = $2 and kind = $3 and path = $4;

-- name: get_for_update
-- The same, locked for the rest of the transaction.
select * from draft where workspace_id = $1 and email = $2 and kind = $3 and path = $4 for update;

-- name: get_of_username
-- The draft that a member of the workspace, named by user name, keeps of an item.
select * from draft where workspace_id = $1 and username = $2 and kind = $3 and path = $4;

-- name: of_item
-- Everybody's drafts of an item, the newest first.
select * from draft where workspace_id = $1 and kind = $2 and path = $3 order by saved_at desc;

-- name: list_own
-- The drafts of one person.
select * from draft where workspace_id = $1 and email = $2 order by saved_at desc limit $3;

-- name: list_all
-- The drafts of everybody in the workspace.
select * from draft where workspace_id = $1 order by saved_at desc limit $2;

-- name: undeployed
-- The drafts of one kind, script or flow, where nothing of that kind is deployed; the newest first.
select d.* from draft d
where d.workspace_id = $1 and d.kind = $2
  and ($3::text is null or starts_with(d.path, $3))
  and ($4::text is null or d.path = $4)
  and case $2
      when 'script' then not exists (
          select from script s where s.workspace_id = d.workspace_id and s.path = d.path and not s.deleted
      )
      else not exists (select from flow f where f.workspace_id = d.workspace_id and f.path = d.path)
  end
order by d.saved_at desc
limit $5;

-- name: save
-- Writes the draft and returns when.
insert into draft (workspace_id, email, username, kind, path, value)
values ($1, $2, $3, $4, $5, $6::json)
on conflict (workspace_id, email, kind, path)
do update set value = excluded.value, username = excluded.username, saved_at = clock_timestamp()
returning saved_at;

-- name: delete
-- Drops one draft.
delete from draft where workspace_id = $1 and email = $2 and kind = $3 and path = $4 returning path;

-- name: move
-- A draft of an item that is not deployed yet gets another path.
update draft set path = $5
where workspace_id = $1 and email = $2 and kind = $3 and path = $4
  and not exists (
      select from draft taken
      where taken.workspace_id = $1 and taken.email = $2 and taken.kind = $3 and taken.path = $5
  )
returning path;

-- name: delete_of
-- All drafts of one account in a workspace.
delete from draft where workspace_id = $1 and email = $2 returning path;
