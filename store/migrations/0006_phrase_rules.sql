-- What is said in a call of which supervisors are told, in order; an administrator changes them.
create table phrase_rules (
    position integer primary key,
    kind     text not null check (kind in ('exact', 'pattern')),
    phrase   text not null
);

insert into phrase_rules (position, kind, phrase) values
    (1, 'exact', 'complaint'), (2, 'exact', 'cancel my contract'), (3, 'exact', 'lawyer'),
    (4, 'pattern', '(speak|talk) (to|with) (a|your|the) (manager|supervisor)'),
    (5, 'exact', '苦情'), (6, 'exact', '解約'), (7, 'exact', '弁護士'), (8, 'pattern', '(責任者|上の人|上司)(に|と|を)');
