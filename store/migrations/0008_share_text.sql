-- Whether what a rule found may go to webhooks with the alert, masked.
alter table phrase_rules add column share_text boolean not null default false;
