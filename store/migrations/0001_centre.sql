-- The contact centre: who works here, whom they serve, and what happened.
--
-- Ids are text: they come from outside (URLs, the journal), and a malformed one is simply not found.

create table users (
    id            text primary key,
    name          text not null,
    role          text not null check (role in ('agent', 'supervisor', 'admin')),
    language      text not null default '',
    password_hash text not null default '',
    created_at    timestamptz not null default now()
);

create table queues (
    id       text primary key,
    name     text not null unique,
    numbers  text[] not null default '{}',
    language text not null default ''
);

create table queue_agents (
    queue_id text not null references queues on delete cascade,
    user_id  text not null references users on delete cascade,
    primary key (queue_id, user_id)
);

create table wrap_up_codes (
    code     text primary key,
    position integer not null,
    label    jsonb not null
);

create table customers (
    id           text primary key,
    name         text not null default '',
    organisation text not null default '',
    town         text not null default '',
    tier         text not null default '',
    language     text not null default '',
    preferences  text not null default '',
    note         text not null default '',
    created_at   timestamptz not null default now(),
    updated_at   timestamptz not null default now()
);
create index customers_by_name on customers (lower(name), id);

create table customer_phones (
    customer_id text not null references customers on delete cascade,
    position    integer not null,
    number      text not null, -- the key: E.164, or raw without the marks for the eye
    raw         text not null, -- as it was given
    e164        boolean not null, -- else raw is what people see
    digits      text not null, -- of number, without leading zeros
    primary key (customer_id, number)
);
create index customer_phones_by_number on customer_phones (number);
-- A number without its country ends like the one with it: compare from the back.
create index customer_phones_by_ending on customer_phones (reverse(digits) text_pattern_ops);

create table customer_emails (
    customer_id text not null references customers on delete cascade,
    position    integer not null,
    email       text not null,
    primary key (customer_id, email)
);

create table orders (
    id          text primary key,
    customer_id text not null references customers on delete cascade,
    number      text not null default '',
    title       text not null,
    status      text not null default '',
    amount      text not null default '',
    placed_at   timestamptz not null,
    due_at      timestamptz
);
create index orders_by_customer on orders (customer_id, placed_at desc);

create table cases (
    id          text primary key,
    customer_id text not null references customers on delete cascade,
    title       text not null,
    status      text not null default 'open',
    opened_at   timestamptz not null
);
create index cases_by_customer on cases (customer_id, opened_at desc);

-- What happened with a customer before, or outside of Patchbay.
create table past (
    id             text primary key,
    customer_id    text not null references customers on delete cascade,
    channel        text not null,
    at             timestamptz not null,
    title          text not null,
    detail         text not null default '',
    interaction_id text not null default ''
);
create index past_by_customer on past (customer_id, at desc);

-- The four tables below are written by the journal, which must never stand still: a record that arrives before what it
-- refers to, or outlives it, is still true. So they have no foreign keys.

create table interactions (
    id           text primary key,
    channel      text not null,
    direction    text not null,
    from_number  text not null,
    to_number    text not null,
    queue        text not null,
    state        text not null,
    outcome      text not null,
    started_at   timestamptz not null,
    answered_at  timestamptz,
    ended_at     timestamptz,
    customer_id  text not null default '',
    wrap_up_code text not null default '',
    note         text not null default ''
);
create index interactions_by_start on interactions (started_at desc, id desc);
create index interactions_by_number on interactions (from_number, started_at desc, id desc);
create index interactions_by_customer on interactions (customer_id, started_at desc);
create index interactions_open on interactions (state) where state <> 'ended';

create table segments (
    id             text primary key,
    interaction_id text not null,
    agent_id       text not null,
    started_at     timestamptz not null,
    ended_at       timestamptz
);
create index segments_by_interaction on segments (interaction_id, started_at);
create index segments_by_agent on segments (agent_id, started_at desc);

create table events (
    interaction_id text not null,
    seq            bigint not null,
    at             timestamptz not null,
    type           text not null,
    actor          text not null,
    data           jsonb,
    primary key (interaction_id, seq)
);

create table lines (
    interaction_id text not null,
    id             text not null,
    speaker        text not null,
    leg            text not null,
    start_ms       bigint not null, -- from the customer's 200 OK
    end_ms         bigint not null,
    text           text not null,
    spoken         text not null,
    words          jsonb not null,
    primary key (interaction_id, id)
);
create index lines_in_order on lines (interaction_id, start_ms, id);

-- How far each journal has been applied; written in the transaction that applies.
create table journal_positions (
    journal_id text primary key,
    segment    bigint not null,
    position   bigint not null -- bytes from the start of the segment
);

create table audit (
    id      bigint generated always as identity primary key,
    at      timestamptz not null,
    actor   text not null,
    action  text not null,
    object  text not null,
    address text not null,
    data    jsonb
);

create table sessions (
    token_hash bytea primary key,
    user_id    text not null references users on delete cascade,
    created_at timestamptz not null,
    last_seen  timestamptz not null,
    expires_at timestamptz not null,
    address    text not null,
    agent      text not null
);
create index sessions_by_user on sessions (user_id);

create table api_tokens (
    token_hash bytea primary key,
    user_id    text not null references users on delete cascade,
    name       text not null,
    created_at timestamptz not null,
    expires_at timestamptz
);

insert into wrap_up_codes (code, position, label) values
    ('solved',       1, '{"en": "Solved",       "ja": "解決済み"}'),
    ('follow_up',    2, '{"en": "Follow-up",    "ja": "要フォロー"}'),
    ('booking',      3, '{"en": "Booking",      "ja": "予約"}'),
    ('change',       4, '{"en": "Change",       "ja": "変更"}'),
    ('information',  5, '{"en": "Information",  "ja": "問い合わせ"}'),
    ('complaint',    6, '{"en": "Complaint",    "ja": "苦情"}'),
    ('callback',     7, '{"en": "Call back",    "ja": "折り返し"}'),
    ('wrong_number', 8, '{"en": "Wrong number", "ja": "間違い電話"}');
