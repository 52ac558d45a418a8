-- migrate:up

-- Why a unit has more time: what the report upward says of it.
alter table registration add column extended_because text;
update registration r set extended_because = (
    select e.data->>'reason' from event e
    where e.stream = format('registration-%s-%s', r.season, r.unit)
      and e.type like 'ligong.registration.deadline\_extended.v%'
    order by e.version desc limit 1
);

-- migrate:down
alter table registration drop column extended_because;
