-- From when on a call may need somebody, by queue; '' for all queues that have none of their own. 0 turns a cue off.
create table cues (
    queue_id        text primary key,
    wait_seconds    integer          not null,
    silence_seconds integer          not null,
    long_times      double precision not null, -- times what is usual in the queue
    long_seconds    integer          not null, -- and no call is long before that
    overlap_seconds integer          not null  -- of both speaking at once within a minute
);
