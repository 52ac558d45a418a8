-- migrate:up

-- What reminders know of a season and of each unit's registration in it; from ligong.registration.
create table season (
    season int primary key,
    days int[] not null  -- working days before a deadline on which to remind
);

create table registration (
    season int not null,
    unit text not null,
    name text not null,
    closes_at timestamptz not null,
    since timestamptz not null,
    stage text not null check (stage in ('opened', 'submitted', 'returned', 'accepted', 'completed')),
    resubmit_before timestamptz,
    contact boolean not null,
    copies int not null,
    copies_due int not null,
    primary key (season, unit)
);

-- The one durable queue. A reminder is due by the rules' clock, an e-mail (and each retry of it) by the machine's.
create table job (
    id uuid primary key,  -- follows from what it is for: planned again, it is the same
    kind text not null check (kind in ('reminder', 'email')),
    reminder uuid references job,  -- whose message the e-mail carries
    season int not null,
    unit text not null,
    deadline text not null check (deadline in ('registration', 'resubmission')),
    deadline_at timestamptz not null,
    step int not null,  -- working days before; -1: after it
    due timestamptz not null,
    state text not null default 'waiting',
    tries int not null default 0,
    reason text,
    constraint known_state check (state in ('waiting', 'cancelled', 'done', 'superseded', 'failed', 'unknown', 'nobody')),
    foreign key (season, unit) references registration,
    constraint reminder_of_an_email check ((kind = 'email') = (reminder is not null))
);
create index job_waiting on job (kind, due) where state = 'waiting';
create index job_of_unit on job (season, unit);

-- NOT-2: written before an e-mail is handed over; without an outcome it may have been sent.
create table attempt (
    job uuid not null references job,
    n int not null,
    at timestamptz not null default now(),
    outcome text check (outcome in ('sent', 'not sent', 'unknown')),
    primary key (job, n)
);

-- NOT-2: the in-app channel; a message is there exactly once.
create table message (
    id uuid primary key,  -- follows from the reminder and whom it is for
    n bigint generated always as identity unique,
    reminder uuid not null references job,
    audience text not null check (audience in ('unit', 'office')),
    season int not null,
    unit text not null,
    title text not null,
    body text not null,
    at timestamptz not null,
    read_at timestamptz,
    constraint once_each unique (reminder, audience)
);
create index message_of_unit on message (unit, n) where audience = 'unit';
create index message_of_office on message (n) where audience = 'office';

-- migrate:down
