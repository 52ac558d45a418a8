-- migrate:up

-- NOT-4: what the office asked for, so that the same request, sent again, has the same answer.
create table urging (
    command uuid primary key,  -- follows from who asked and the Idempotency-Key
    body bytea not null  -- SHA-256
);
create table urge (
    command uuid not null references urging,
    unit text not null,
    refusal text,  -- null: the unit was told
    primary key (command, unit)
);

-- migrate:down
drop table urge;
drop table urging;
