-- migrate:up

-- A feed's entries as they are delivered, numbered 1, 2, 3 … The feed of an agreement has the agreement's id.
create table entry (
    feed text not null,
    seq bigint not null check (seq > 0),
    id uuid not null,  -- of the event
    body bytea not null,  -- the CloudEvent, exactly these bytes
    stored timestamptz not null default now(),
    primary key (feed, seq),
    constraint one_entry_per_event unique (feed, id)
);
create trigger written_once before update or delete or truncate on entry for each statement execute function refuse_change();

-- migrate:down
