-- What a line in another language means in English, by the recogniser. It goes with its line, and no sample of it is kept either.
alter table lines add column translation text not null default '';
alter table lines alter column translation set statistics 0;
