-- Words that the recogniser shall know. A queue is named and not referred to: a list outlives its queue and is shown as such.
create table vocabularies (
    queue    text not null default '', -- empty for all
    language text not null default '', -- empty for all
    terms    jsonb not null,
    primary key (queue, language)
);
