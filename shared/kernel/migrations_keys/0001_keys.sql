-- migrate:up
create table person_key (person uuid primary key, wrapped bytea not null);
-- migrate:down
