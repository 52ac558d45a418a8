-- migrate:up

-- A demo's databases are one from their creation: nothing turns them into a real deployment or back.
create table deployment (
    one boolean primary key default true check (one),
    kind text not null check (kind in ('demo', 'real')),
    created timestamptz not null default now()
);
create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% is written once', tg_table_name;
end $$;
create trigger written_once before update or delete or truncate on deployment
    for each statement execute function refuse_change();

-- The log ---------------------------------------------------------------------------------------
create table log_head (
    one boolean primary key default true check (one),
    pos bigint not null default 0,
    epoch int not null default 1
);
insert into log_head default values;

create table log_partition (
    topic text not null,
    partition int not null,
    pseq bigint not null,
    last uuid not null,
    digest bytea not null,
    primary key (topic, partition)
);

create table event (
    pos bigint primary key,
    id uuid not null,
    stream text not null,
    version int not null,
    topic text not null,
    partition int not null,
    pseq bigint not null,
    previd uuid not null,
    digest bytea not null,  -- SHA-256 over the partition's previous digest and this event
    type text not null,
    data json not null,
    actor text not null,
    recorded timestamptz not null,
    correlation text not null,
    causation text not null,
    constraint one_event_per_version unique (stream, version),
    constraint one_event_per_place unique (topic, partition, pseq)
);

create table command (
    id uuid primary key,
    body bytea not null,  -- keyed hash of what was asked
    pos bigint not null,  -- of its first event
    events int not null
);

create table claim (
    scope text not null,
    key text not null,
    stream text not null,
    primary key (scope, key)
);

create table relay (
    one boolean primary key default true check (one),
    epoch bigint not null default 0,
    pos bigint not null default 0
);
insert into relay default values;

create table republish (
    topic text not null,
    partition int not null,
    pseq bigint not null,
    primary key (topic, partition)
);

create function event_digest(previous bytea, id uuid, stream text, version int, type text, data text, actor text)
returns bytea language sql immutable parallel safe as $$
    select sha256(previous || uuid_send(id) || convert_to(
        octet_length(stream) || ':' || stream || version || ':' || octet_length(type) || ':' || type
        || octet_length(actor) || ':' || actor || data, 'UTF8'))
$$;

-- Appends commands in the order given and answers each with its own verdict:
--   ok | again (same id and body) | reused (same id, other body) | stale (a stream has moved) | taken (a claim is held).
-- Streams, slots (topic partitions) and claims are passed once and referred to by index, so that every table is
-- read and written once a batch, however many commands it has. Command ids are distinct within a batch.
create function append(
    cmd_id uuid[], cmd_body bytea[], cmd_events int[], cmd_reads int[], cmd_claims int[],
    cmd_actor text[], cmd_recorded timestamptz[], cmd_correlation text[], cmd_causation text[],
    ev_id uuid[], ev_stream int[], ev_version int[], ev_slot int[], ev_type text[], ev_data text[],
    rd_stream int[], rd_version int[],
    cl_claim int[], cl_stream int[], cl_release boolean[],
    stream_name text[], slot_topic text[], slot_partition int[], claim_scope text[], claim_key text[]
) returns table (verdict text, pos bigint, holder text)
language plpgsql
-- The tables are empty when the plans are first made; only index look-ups stay right as they grow.
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set enable_bitmapscan = off
as $$
declare
    head bigint;
    had_body bytea[]; had_pos bigint[];
    versions int[]; pseqs bigint[]; lasts uuid[]; digests bytea[]; holders text[];
    held boolean[];
    e int := 1; r int := 1; c int := 1;   -- first event, read and claim of the command at hand
    i int; j int; s int; word text; who text;
    -- what is written, one element an event or command
    ok_ev int[] := '{}'; ok_pos bigint[] := '{}'; ok_pseq bigint[] := '{}'; ok_prev uuid[] := '{}';
    ok_digest bytea[] := '{}'; ok_cmd int[] := '{}'; ok_first bigint[] := '{}'; ok_owner int[] := '{}';
begin
    select h.pos into head from log_head h for update;

    had_body := array(select (select k.body from command k where k.id = u.id)
                      from unnest(cmd_id) with ordinality u(id, n) order by u.n);
    had_pos := array(select (select k.pos from command k where k.id = u.id)
                     from unnest(cmd_id) with ordinality u(id, n) order by u.n);
    versions := array(select coalesce((select x.version from event x where x.stream = u.name
                                       order by x.version desc limit 1), 0)
                      from unnest(stream_name) with ordinality u(name, n) order by u.n);
    pseqs := array(select coalesce((select p.pseq from log_partition p where p.topic = u.t and p.partition = u.p), 0)
                   from unnest(slot_topic, slot_partition) with ordinality u(t, p, n) order by u.n);
    lasts := array(select coalesce((select p.last from log_partition p where p.topic = u.t and p.partition = u.p),
                                   '00000000-0000-0000-0000-000000000000')
                   from unnest(slot_topic, slot_partition) with ordinality u(t, p, n) order by u.n);
    digests := array(select coalesce((select p.digest from log_partition p
                                      where p.topic = u.t and p.partition = u.p), ''::bytea)
                     from unnest(slot_topic, slot_partition) with ordinality u(t, p, n) order by u.n);
    holders := array(select (select k.stream from claim k where k.scope = u.s and k.key = u.k)
                     from unnest(claim_scope, claim_key) with ordinality u(s, k, n) order by u.n);

    for i in 1 .. coalesce(array_length(cmd_id, 1), 0) loop
        word := 'ok'; who := null;
        if had_body[i] is not null then
            word := case when had_body[i] = cmd_body[i] then 'again' else 'reused' end;
            verdict := word; pos := had_pos[i]; holder := null;
            return next;
        else
            for j in r .. r + cmd_reads[i] - 1 loop
                if versions[rd_stream[j]] <> rd_version[j] then word := 'stale'; end if;
            end loop;
            -- the versions of a command's own events follow on from the stream's, one by one
            for j in e .. e + cmd_events[i] - 1 loop
                s := ev_stream[j];
                versions[s] := versions[s] + 1;
                if versions[s] <> ev_version[j] then word := 'stale'; end if;
            end loop;
            if word = 'ok' then
                for j in c .. c + cmd_claims[i] - 1 loop
                    if not cl_release[j] and holders[cl_claim[j]] is not null
                       and holders[cl_claim[j]] <> stream_name[cl_stream[j]] then
                        word := 'taken'; who := holders[cl_claim[j]];
                        exit;
                    end if;
                end loop;
            end if;
            if word = 'ok' then
                ok_cmd := ok_cmd || i; ok_first := ok_first || (head + 1);
                for j in e .. e + cmd_events[i] - 1 loop
                    head := head + 1;
                    s := ev_slot[j];
                    pseqs[s] := pseqs[s] + 1;
                    -- event_digest, written out: a call would cost more than the hash
                    digests[s] := sha256(digests[s] || uuid_send(ev_id[j]) || convert_to(
                        octet_length(stream_name[ev_stream[j]]) || ':' || stream_name[ev_stream[j]] || ev_version[j]
                        || ':' || octet_length(ev_type[j]) || ':' || ev_type[j]
                        || octet_length(cmd_actor[i]) || ':' || cmd_actor[i] || ev_data[j], 'UTF8'));
                    ok_ev := ok_ev || j; ok_pos := ok_pos || head; ok_pseq := ok_pseq || pseqs[s];
                    ok_prev := ok_prev || lasts[s]; ok_digest := ok_digest || digests[s]; ok_owner := ok_owner || i;
                    lasts[s] := ev_id[j];
                end loop;
                for j in c .. c + cmd_claims[i] - 1 loop
                    if not cl_release[j] then
                        holders[cl_claim[j]] := stream_name[cl_stream[j]];
                    elsif holders[cl_claim[j]] = stream_name[cl_stream[j]] then
                        holders[cl_claim[j]] := null;
                    end if;
                end loop;
            else
                for j in e .. e + cmd_events[i] - 1 loop
                    versions[ev_stream[j]] := versions[ev_stream[j]] - 1;
                end loop;
            end if;
            verdict := word; pos := head; holder := who;
            return next;
        end if;
        e := e + cmd_events[i]; r := r + cmd_reads[i]; c := c + cmd_claims[i];
    end loop;

    if array_length(ok_cmd, 1) is null then
        return;
    end if;
    insert into event
        select u.at, ev_id[u.e], stream_name[ev_stream[u.e]], ev_version[u.e], slot_topic[ev_slot[u.e]],
               slot_partition[ev_slot[u.e]], u.pseq, u.prev, u.digest, ev_type[u.e], ev_data[u.e]::json,
               cmd_actor[u.o], cmd_recorded[u.o], cmd_correlation[u.o], cmd_causation[u.o]
        from unnest(ok_ev, ok_pos, ok_pseq, ok_prev, ok_digest, ok_owner) u(e, at, pseq, prev, digest, o);
    insert into command
        select cmd_id[u.k], cmd_body[u.k], u.at, cmd_events[u.k] from unnest(ok_cmd, ok_first) u(k, at);
    insert into log_partition as p (topic, partition, pseq, last, digest)
        select u.t, u.p, u.q, u.l, u.d
        from unnest(slot_topic, slot_partition, pseqs, lasts, digests) u(t, p, q, l, d) where u.q > 0
        on conflict on constraint log_partition_pkey
        do update set pseq = excluded.pseq, last = excluded.last, digest = excluded.digest
        where p.pseq < excluded.pseq;
    if array_length(claim_scope, 1) is not null then
        delete from claim k using unnest(claim_scope, claim_key, holders) u(s, n, h)
            where k.scope = u.s and k.key = u.n and u.h is distinct from k.stream;
        insert into claim select u.s, u.n, u.h from unnest(claim_scope, claim_key, holders) u(s, n, h)
            where u.h is not null on conflict do nothing;
    end if;
    update log_head set pos = head;
    perform pg_notify('log', head::text);
end $$;

-- What is consumed -----------------------------------------------------------------------------
create table cursor (
    consumer text not null,
    topic text not null,
    partition int not null,
    pseq bigint not null default 0,
    last uuid,
    epoch int not null default 1,
    digest bytea not null default '',
    hint bigint not null default 0,  -- the Kafka offset after it: where to look first, never the truth
    primary key (consumer, topic, partition)
);

create table own_cursor (
    projection text primary key,
    pos bigint not null default 0
);

-- An event that could not be applied, and the events of its stream queued behind it.
create table dead_letter (
    consumer text not null,
    topic text not null,
    partition int not null,
    pseq bigint not null,
    stream text not null,
    record bytea not null,
    reason text not null,
    at timestamptz not null default now(),
    primary key (consumer, topic, partition, pseq)
);
create index dead_letter_by_stream on dead_letter (consumer, stream);

-- A record that is no message of ours at all; the cursor knows nothing of it.
create table set_aside (
    consumer text not null,
    topic text not null,
    partition int not null,
    kafka_offset bigint not null,
    kafka_time timestamptz not null,
    record bytea not null,
    reason text not null,
    at timestamptz not null default now(),
    primary key (consumer, topic, partition, kafka_offset, kafka_time)
);

-- migrate:down
