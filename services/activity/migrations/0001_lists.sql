-- migrate:up

-- Read models: emptied together with their row in own_cursor, they come back from the log.
create table season (
    season int primary key
);

create table participant (
    season int not null references season,
    unit text not null,
    items text[] not null,
    plan_filed_at timestamptz,
    plan json,  -- as filed last; people by reference only
    version int not null,
    primary key (season, unit)
);

create table activity (
    activity text primary key,
    season int not null references season,
    unit text not null,
    item text not null,
    campaign text,
    name text not null,
    place text not null,
    planned_for timestamptz not null,
    occurred_at timestamptz,
    headcount int,
    outcome text,
    status text not null,
    version int not null,
    updated_at timestamptz not null
);
create index activity_of_unit on activity (season, unit);

create table visit (
    visit text primary key,
    season int not null references season,
    unit text not null,
    part text not null,
    checklist text not null,
    total int not null,
    occurred_at timestamptz not null,
    recorded_at timestamptz not null,
    after_the_fact boolean not null,
    account text not null,  -- of the inspector who recorded it
    version int not null
);
create index visit_of_unit on visit (season, unit);

-- What happened to an activity or a visit, in words.
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

-- Units as the season's directory names and orders them, taken from registration's events.
create table directory (
    season int not null,
    unit text not null,
    official_order int not null,
    name text not null,
    short text not null,
    primary key (season, unit)
);

-- migrate:down
drop table directory;
drop table history;
drop table visit;
drop table activity;
drop table participant;
drop table season;
