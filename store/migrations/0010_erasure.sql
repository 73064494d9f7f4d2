-- Erasing takes the content of a timeline too: what people wrote or said, numbers and names. That something happened, when, and by
-- whom stays.

-- kept_of_event is what stays of an event's data: codes and ids. A reason stays where it is a code, not where somebody wrote it.
create function kept_of_event(type text, data jsonb) returns jsonb language sql immutable parallel safe as $$
    select jsonb_object_agg(key, value) from jsonb_each(case when jsonb_typeof(data) = 'object' then data else '{}' end)
    where key in ('agent', 'at_ms', 'code', 'mode', 'visible', 'leg', 'party', 'kinds', 'cause', 'speaking_to', 'state', 'lost', 'language')
    or key = 'reason' and type not in ('transferred', 'consult_started') and jsonb_typeof(value) = 'string' and value #>> '{}' ~ '^[a-z_]{1,30}$'
$$;

-- The planner's statistics keep samples of what a column holds: none of these.
alter table lines alter column text set statistics 0, alter column spoken set statistics 0, alter column words set statistics 0, alter column folded set statistics 0;
alter index lines_by_bigrams alter column 1 set statistics 0;
alter table notes alter column text set statistics 0;
alter table events alter column data set statistics 0;
alter table interactions alter column note set statistics 0;
alter table snapshots alter column picture set statistics 0;
