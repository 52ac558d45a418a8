-- migrate:up

-- Read models: emptied together with their row in own_cursor, they come back from the log.
create table participant (
    season int not null,
    unit text not null,
    person uuid not null,
    record uuid not null,  -- of the sealed details
    team text,
    affiliation text not null,
    since date not null,
    erased boolean not null default false,
    place bigint not null,  -- in order of being named
    primary key (season, unit, person)
);
create index participant_by_place on participant (season, place);
create index participant_by_person on participant (person);

-- What happened to a unit's list of people, in words that name nobody.
create table roster_history (
    stream text not null,
    version int not null,
    event uuid not null,
    at timestamptz not null,
    actor text not null,
    what text not null,  -- `{unit}` stands for the name of `other`
    other text,
    why text,
    primary key (stream, version)
);

-- migrate:down
drop table roster_history;
drop table participant;
