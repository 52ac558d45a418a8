-- migrate:up

-- The deadline that the office gave all units after the season was opened, why, and who approved it.
alter table season
    add extended_to timestamptz,
    add extension_reason text,
    add extension_approver text;

alter table registration add on_behalf boolean not null default false;  -- entered by the office for the unit

-- A form that is being filled in. Not an event, and no read model: it ends when the form is handed in.
-- The values are sealed as a whole; `people` are those whom it names by mobile number, so that erasing one finds it.
create table draft (
    season int not null,
    unit text not null,
    version int not null,
    page text not null,     -- the browser page that saved it, which may go on from there whatever version it has seen
    based_on int not null,  -- the registration's version: handing in what is newer ends the draft
    values bytea not null,
    people uuid[] not null,
    saved_at timestamptz not null,
    saved_by text not null,
    primary key (season, unit)
);

-- migrate:down
drop table draft;
alter table registration drop on_behalf;
alter table season drop extended_to, drop extension_reason, drop extension_approver;
