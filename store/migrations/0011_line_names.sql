-- Who spoke a line: each agent's leg has its own name, also after a transfer.
alter table lines add column name text not null default '';
