-- That a supervisor has all queues is written down, where it was said by an empty list: one whose last queue is taken away has none.
alter table users add column all_queues boolean not null default false;
update users u set all_queues = true where role = 'supervisor' and not exists (select 1 from queue_agents a where a.user_id = u.id);
alter table users add constraint users_all_queues check (not all_queues or role = 'supervisor');
