-- Receivers of alerts that administrators added. Address and secret are sealed under a key that is not here.
create table webhooks (
    id         text        primary key, -- the receiver's name in the outbox
    shown      text        not null,    -- the address without its query
    alerts     text[]      not null,    -- codes; empty for all
    active     boolean     not null default true,
    key_id     text        not null,
    sealed     bytea       not null,
    created_at timestamptz not null,
    created_by text        not null     -- user id
);
