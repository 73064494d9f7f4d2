-- What an administrator keeps: who may sign in no more, when somebody signed in last, and own patterns of what is masked.

alter table users
    add column disabled_at  timestamptz, -- null: may sign in
    add column last_sign_in timestamptz; -- null: never

create table mask_rules (
    position integer primary key,
    name     text    not null,
    pattern  text    not null,
    active   boolean not null
);

create index audit_by_actor on audit (actor, id desc);
create index audit_by_action on audit (action, id desc);
create index audit_by_object on audit (object, id desc);
