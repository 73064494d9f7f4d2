-- Pictures that were recorded of video help; the pictures themselves are not here. Written by the journal.
create table films (
    interaction_id text not null,
    at_ms          bigint not null, -- when it began, on the interaction's axis: its name
    state          text not null,   -- 'spooled' or 'stored'
    started_at     timestamptz not null,
    duration_ms    bigint not null,
    bytes          bigint not null, -- sealed
    codec          text not null,
    width          integer not null,
    height         integer not null,
    object         text not null default '',
    chain          text not null default '', -- SHA-256 over the sealed file, in hex
    recovered      boolean not null default false,
    primary key (interaction_id, at_ms)
);

-- A kept picture is sealed under a key of its interaction, named here; '' where it is not sealed yet.
alter table snapshots add column key text not null default '';

-- How video help ended, for the list of supervisors.
create index events_video_summary on events (at desc) where type = 'video_summary';
