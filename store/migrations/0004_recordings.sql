-- What was said in an interaction: its recording, what is noted to it, who wants it kept and whether it was erased. The
-- recordings' keys are not here: a deleted row lives on in dead tuples and the write-ahead log.

alter table queues
    add column recording      text    not null default 'on' check (recording in ('on', 'off', 'ask')),
    add column retention_days integer not null default 0 check (retention_days between 0 and 36500); -- 0: until erased

-- Written by the journal.
create table recordings (
    interaction_id text primary key,
    state          text not null, -- 'live', 'spooled' or 'stored'
    started_at     timestamptz not null,
    duration_ms    bigint not null default 0,
    bytes          bigint not null default 0, -- sealed
    object         text not null default '',  -- in the bucket
    chain          text not null default '',  -- SHA-256 over the sealed file, in hex
    recovered      boolean not null default false
);

create table contents (
    interaction_id text primary key,
    hold_at        timestamptz, -- null: no legal hold
    hold_by        text not null default '',
    hold_reason    text not null default '',
    erased_at      timestamptz, -- null: not erased
    erased_by      text not null default '',
    erased_reason  text not null default ''
);

create table notes (
    id             text primary key,
    interaction_id text not null,
    author         text not null,
    at_ms          bigint not null, -- from the customer's 200 OK
    text           text not null,
    created_at     timestamptz not null
);
create index notes_by_interaction on notes (interaction_id, at_ms, id);
