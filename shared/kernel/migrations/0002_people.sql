-- migrate:up

-- Personal details, sealed with the person's key; the keys live in another database with short-lived backups.
create table sealed_person (
    record uuid primary key,
    person uuid not null,
    sealed bytea not null,
    created timestamptz not null default now()
);
create index sealed_person_by_person on sealed_person (person);

-- migrate:down
