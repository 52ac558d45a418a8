-- migrate:up

-- Read models: emptied together with their row in own_cursor, they come back from the log.

-- What a season asks of each unit, and how far it is.
create table material (
    season int not null,
    unit text not null,
    material text not null,
    official_order int not null,  -- the unit's in the directory
    place int not null,           -- the material's in the season's list
    unit_name text not null,
    short text not null,
    unit_group text not null,
    name text not null,
    formats text[] not null,
    due timestamptz not null,     -- exclusive
    copies_due int not null,
    status text not null default 'due',
    number int not null default 0,
    late boolean not null default false,
    copies int not null default 0,
    late_paper boolean not null default false,
    reason text,                  -- of the return, while it is with the unit
    resubmit_before timestamptz,
    submitted_at timestamptz,
    accepted_at timestamptz,
    updated_at timestamptz not null,
    version int not null default 0,
    primary key (season, unit, material)
);

-- Every version handed in, as its receipt states it.
create table material_version (
    season int not null,
    unit text not null,
    material text not null,
    number int not null,
    event uuid not null,
    at timestamptz not null,
    actor text not null,
    on_behalf boolean not null,
    sha256 text not null,
    name text not null,
    size int not null,
    kind text not null,
    late boolean not null,
    primary key (season, unit, material, number)
);

create table material_history (
    stream text not null,
    version int not null,
    event uuid not null,
    at timestamptz not null,
    actor text not null,
    what text not null,
    why text,
    primary key (stream, version)
);

-- migrate:down
drop table material_history;
drop table material_version;
drop table material;
