-- migrate:up

-- Who may sign in. An account is its login: events name it, and command ids are derived from it.
create table account (
    login text primary key check (login ~ '^[a-z0-9][a-z0-9._-]{1,63}$'),
    name text not null,
    role text not null check (role in ('office', 'unit', 'inspector', 'judge', 'leader', 'partner')),
    unit text,
    partner text,
    password text not null,  -- argon2id
    disabled boolean not null default false,
    created_at timestamptz not null default now(),
    constraint unit_account_has_unit check (role <> 'unit' or unit is not null),
    constraint partner_account_has_partner check (role <> 'partner' or partner is not null)
);

create table session (
    hash bytea primary key,  -- SHA-256 of the cookie
    login text not null references account on delete cascade,
    created_at timestamptz not null default now(),
    seen_at timestamptz not null default now(),
    expires_at timestamptz not null
);
create index session_login on session (login);

-- Whatever changes what an account may do, however it is changed, ends its sessions.
create function end_sessions() returns trigger language plpgsql as $$
begin
    delete from session where login = new.login;
    return null;
end $$;
create trigger changed_account after update of role, unit, partner, password, disabled on account
    for each row when (old.* is distinct from new.*) execute function end_sessions();

-- Bearer tokens for scripts; `account` is what events and the audit call their holder.
create table token (
    hash bytea primary key,
    account text not null,
    role text not null check (role in ('office', 'unit', 'inspector', 'judge', 'leader', 'partner')),
    unit text,
    partner text,
    created_at timestamptz not null default now(),
    expires_at timestamptz not null,
    used_at timestamptz,
    revoked_at timestamptz
);

create table sign_in_attempt (
    login text primary key,  -- of any account, existing or not
    count int not null,
    since timestamptz not null
);
create index sign_in_attempt_since on sign_in_attempt (since);

create table setup_link (
    token_sha256 bytea primary key,
    created_at timestamptz not null default now(),
    used_at timestamptz
);

-- Sign-ins, exports and reads of personal data.
create table audit (
    id bigint generated always as identity primary key,
    at timestamptz not null default now(),
    account text not null,
    role text,
    action text not null,
    object text not null,
    address text not null
);
create trigger append_only before update or delete or truncate on audit
    for each statement execute function refuse_change();

-- Annotated error workbooks of uploads, for whoever uploaded, for a day.
create table faulty_upload (
    id uuid primary key default gen_random_uuid(),
    account text not null,
    name text not null,
    workbook bytea not null,
    made_at timestamptz not null default now()
);
create index faulty_upload_made_at on faulty_upload (made_at);

-- migrate:down
