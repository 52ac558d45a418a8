-- migrate:up

-- One clock of a demo; it never goes back. `played` counts the scenario's steps that are done.
create table clock (
    one boolean primary key default true check (one),
    now timestamptz not null,
    played int not null default 0,
    scenario text not null default ''
);
create function only_forward() returns trigger language plpgsql as $$
begin
    if new.now < old.now or new.played < old.played then
        raise exception 'the scenario clock never goes back';
    end if;
    return new;
end $$;
create trigger only_forward before update on clock for each row execute function only_forward();
insert into clock (now) values ('2021-01-01T00:00:00+08:00');

-- migrate:down
