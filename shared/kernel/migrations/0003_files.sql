-- migrate:up

-- Files by the hash of their content. A row is there once all of its parts are: both come in one transaction.
create table file (
    sha256 bytea primary key check (octet_length(sha256) = 32),
    size int not null check (size > 0),
    kind text not null,
    kept timestamptz not null default now()
);

create table file_part (
    sha256 bytea not null references file on delete cascade,
    part int not null,
    content bytea not null,
    primary key (sha256, part)
);
alter table file_part alter column content set storage external;  -- what is uploaded is compressed already

-- migrate:down
