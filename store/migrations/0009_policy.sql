-- What was to be erased while a legal hold kept it: it goes when the hold ends. And whether agents see who supervises, by queue.
alter table contents
    add column due_at     timestamptz, -- null: nothing was asked
    add column due_by     text not null default '',
    add column due_reason text not null default '';

alter table queues
    add column supervision text not null default '' check (supervision in ('', 'shown', 'hidden')); -- '': as the server is set
