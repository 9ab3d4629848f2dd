-- What a workspace holds: scripts, variables, resources and their types, drafts, favorites, saved inputs,
-- workspace dependencies, temporary code and custom environment variables.
-- Columns of type json keep the order of members as they were sent; jsonb serves where only membership matters.

create table script (
    workspace_id text not null references workspace (id) on delete cascade,
    hash bigint not null,
    version bigint generated always as identity,
    path text not null,
    parent_hashes bigint[] not null default '{}',
    summary text not null default '',
    description text not null default '',
    content text not null,
    language text not null,
    kind text not null default 'script',
    schema json,
    modules json,
    is_template boolean not null default false,
    auto_kind text,
    has_preprocessor boolean not null default false,
    settings jsonb not null default '{}',
    lock text,
    lock_error_logs text,
    lock_job uuid,
    deployment_message text,
    extra_perms jsonb not null default '{}',
    created_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    archived boolean not null default false,
    deleted boolean not null default false,
    primary key (workspace_id, hash),
    check (jsonb_typeof(extra_perms) = 'object'),
    check (jsonb_typeof(settings) = 'object')
);
-- The versions of a path, the newest first; serves "head", "deployed version", history and prefix lists.
create index script_versions on script (workspace_id, path text_pattern_ops, version desc);
create index script_children on script (workspace_id, (parent_hashes[1]));

create table script_import (
    workspace_id text not null references workspace (id) on delete cascade,
    importer_path text not null,
    imported_path text not null,
    primary key (workspace_id, importer_path, imported_path)
);
create index script_import_imported on script_import (workspace_id, imported_path);

create table variable (
    workspace_id text not null references workspace (id) on delete cascade,
    path text not null,
    value text not null,
    is_secret boolean not null default false,
    description text not null default '',
    account integer,
    is_oauth boolean not null default false,
    expires_at timestamptz,
    labels text[] not null default '{}',
    ws_specific boolean not null default false,
    extra_perms jsonb not null default '{}',
    edited_by text not null,
    edited_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, path),
    check (jsonb_typeof(extra_perms) = 'object')
);

create table resource (
    workspace_id text not null references workspace (id) on delete cascade,
    path text not null,
    value json,
    description text not null default '',
    resource_type text not null,
    labels text[] not null default '{}',
    ws_specific boolean not null default false,
    extra_perms jsonb not null default '{}',
    created_by text not null,
    edited_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, path),
    check (jsonb_typeof(extra_perms) = 'object')
);
create index resource_by_type on resource (workspace_id, resource_type);

create table resource_version (
    id bigint generated always as identity primary key,
    workspace_id text not null references workspace (id) on delete cascade,
    path text not null,
    number integer not null,
    value json,
    created_by text not null,
    created_at timestamptz not null default clock_timestamp()
);
create index resource_version_of on resource_version (workspace_id, path, id desc);

-- Types of workspace "admins" are visible everywhere. No foreign key: the starter types below come before
-- the first start creates that workspace.
create table resource_type (
    workspace_id text not null,
    name text not null,
    schema json,
    description text not null default '',
    format_extension text,
    is_fileset boolean not null default false,
    created_by text,
    edited_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, name)
);

create table draft (
    workspace_id text not null references workspace (id) on delete cascade,
    email text not null,
    username text not null,
    kind text not null,
    path text not null,
    value json not null,
    saved_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, email, kind, path)
);
create index draft_of_item on draft (workspace_id, kind, path);

create table favorite (
    workspace_id text not null references workspace (id) on delete cascade,
    email text not null,
    kind text not null,
    path text not null,
    primary key (workspace_id, email, kind, path)
);

create table saved_input (
    id uuid primary key,
    workspace_id text not null references workspace (id) on delete cascade,
    runnable_id text not null,
    runnable_type text not null,
    name text not null,
    args json not null,
    created_by text not null,
    created_at timestamptz not null default clock_timestamp(),
    is_public boolean not null default false
);
create index saved_input_of on saved_input (workspace_id, runnable_type, runnable_id, created_at desc);

create table workspace_dependency (
    id bigint generated always as identity primary key,
    workspace_id text not null references workspace (id) on delete cascade,
    language text not null,
    -- The unnamed file of a language is its default.
    name text,
    description text,
    content text not null,
    archived boolean not null default false,
    created_by text not null,
    created_at timestamptz not null default clock_timestamp()
);
create unique index workspace_dependency_current
    on workspace_dependency (workspace_id, language, coalesce(name, ''))
    where not archived;

-- Code that a client stores for a moment, to lock or compare it before it is deployed.
create table raw_script (
    workspace_id text not null references workspace (id) on delete cascade,
    hash text not null,
    content text not null,
    created_by text not null,
    stored_at timestamptz not null default clock_timestamp(),
    primary key (workspace_id, hash)
);

create table workspace_env (
    workspace_id text not null references workspace (id) on delete cascade,
    name text not null,
    value text not null,
    primary key (workspace_id, name)
);
