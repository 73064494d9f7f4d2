-- What a line said before it was masked, sealed under a key of the interaction's own that is not here. Only where --keep-originals.
create table originals (
    interaction_id text  not null,
    line_id        text  not null,
    key_id         text  not null,
    sealed         bytea not null,
    primary key (interaction_id, line_id)
);
