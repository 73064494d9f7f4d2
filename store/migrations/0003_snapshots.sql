-- Pictures that agents kept of video help. An interaction's row may come later, by the journal: no foreign key.
create table snapshots (
    id             text primary key,
    interaction_id text not null,
    session        text not null,
    at             timestamptz not null,
    by_user        text not null,
    type           text not null,
    width          integer not null,
    height         integer not null,
    drawing        boolean not null,
    picture        bytea not null
);
create index snapshots_by_interaction on snapshots (interaction_id, at desc);
