-- migrate:up

-- Read models: emptied together with their row in own_cursor, they come back from the log.
create table season (
    season int primary key,
    name text not null,
    opened_at timestamptz not null,
    version int not null,
    document json not null
);

create table registration (
    season int not null references season,
    unit text not null,
    official_order int not null,  -- the directory's: how units are sorted
    name text not null,
    short text not null,
    unit_group text not null,
    status text not null,
    outcome text,
    copies int not null default 0,
    copies_due int,
    closes_at timestamptz not null,
    submitted_at timestamptz,
    submitted_late boolean,
    accepted_at timestamptz,
    completed_at timestamptz,
    late_paper boolean not null default false,
    form json,      -- as submitted last; people by reference only
    returned json,  -- why and until when, while the form is with the unit
    updated_at timestamptz not null,
    version int not null,
    primary key (season, unit)
);

-- What happened to a stream, in words.
create table history (
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
drop table history;
drop table registration;
drop table season;
