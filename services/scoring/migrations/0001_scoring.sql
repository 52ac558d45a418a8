-- migrate:up

-- The rules of each season as its owner published them; of several versions of the stream the newest holds.
create table season_rules (
    season int not null,
    version int not null,
    document json not null,
    counts_from timestamptz not null,
    event uuid not null,
    topic text not null,
    partition int not null,
    pseq bigint not null,
    recorded timestamptz not null,
    primary key (season, version)
);

-- What events say (SCO-1, SCO-3). Rows are only ever inserted: of a key's versions the highest holds.
create table fact (
    key text not null,
    version int not null,
    season int not null,
    unit text not null,
    kind text not null,
    item text,
    part text,
    value bigint not null,
    occurred_at timestamptz not null,
    withdrawn boolean not null,
    what text not null,
    event uuid not null,
    type text not null,
    topic text not null,
    partition int not null,
    pseq bigint not null,
    stream text not null,
    recorded timestamptz not null,
    txid xid8 not null default pg_current_xact_id(),  -- so that the builder finds what is new since its snapshot
    primary key (key, version)
);
create index fact_by_txid on fact (txid);
create index fact_of_unit on fact (season, unit, kind, occurred_at, key);

-- The live boards: made of facts and scheme alone, kept so that they can be asked for and verified.
create table board (
    season int not null,
    board text not null,
    revision bigint not null,
    updated timestamptz not null,
    scheme int not null,
    hash text not null,
    verified text not null check (verified in ('pending', 'verified', 'unverified')),
    verified_at timestamptz,
    primary key (season, board)
);

create table board_row (
    season int not null,
    board text not null,
    unit text not null,
    rank int not null,
    points bigint not null,
    lines json not null,
    primary key (season, board, unit)
) with (fillfactor = 50);

-- Where in the owners' logs all stored boards stand.
create table standing (
    one boolean primary key default true check (one),
    vector json not null
);
insert into standing (vector) values ('{}');

-- How far the owners' logs have been found to agree, with the digest of the last event there: whoever rewrites a log
-- together with its chain of digests would have to know of this one too.
create table audited (
    topic text not null,
    partition int not null,
    pseq bigint not null,
    digest bytea not null,
    primary key (topic, partition)
);

-- What verifications found; `told` once somebody who asked has been given the answer.
create table verification (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    agree boolean not null,
    reasons text[] not null,
    told boolean not null
);

-- migrate:down
