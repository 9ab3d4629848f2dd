-- Flows: what is at a path, and every version of it.

create table flow (
    workspace_id text not null references workspace (id) on delete cascade,
    path text not null,
    version_id bigint not null,
    archived boolean not null default false,
    extra_perms jsonb not null default '{}',
    primary key (workspace_id, path),
    check (jsonb_typeof(extra_perms) = 'object')
);
create index flow_prefixes on flow (workspace_id, path text_pattern_ops);

-- A renamed flow keeps its versions: their path changes with it.
create table flow_version (
    id bigint generated always as identity primary key,
    workspace_id text not null,
    path text not null,
    summary text not null default '',
    description text not null default '',
    value json not null,
    schema json,
    settings jsonb not null default '{}',
    lock_job uuid,
    lock_error_logs text,
    deployment_message text,
    created_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    foreign key (workspace_id, path) references flow (workspace_id, path) on delete cascade on update cascade,
    check (jsonb_typeof(settings) = 'object')
);
create index flow_version_of on flow_version (workspace_id, path, id desc);

-- What the newest version of a flow runs (script, flow) and what its inline code imports (import).
create table flow_use (
    workspace_id text not null,
    flow_path text not null,
    kind text not null check (kind in ('script', 'flow', 'import')),
    used_path text not null,
    primary key (workspace_id, flow_path, kind, used_path),
    foreign key (workspace_id, flow_path) references flow (workspace_id, path) on delete cascade on update cascade
);
create index flow_use_of on flow_use (workspace_id, kind, used_path text_pattern_ops);
