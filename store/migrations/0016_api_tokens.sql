-- When a token was used last, to the minute, and who made it.
alter table api_tokens add column last_used timestamptz;
alter table api_tokens add column created_by text not null default '';
