-- Search over what was said. Trigrams would miss words of two characters, which are common in Japanese: so pairs.

-- bigrams are the pairs of neighbouring characters of a text, each once.
create function bigrams(t text) returns text[] language sql immutable strict parallel safe as
    $$ select array(select distinct substr(t, i, 2) from generate_series(1, length(t) - 1) i) $$;

-- folded is the text as it is compared: written by store.Fold.
alter table lines add column folded text not null default '';
update lines set folded = lower(normalize(text, nfkc));
create index lines_by_bigrams on lines using gin (bigrams(folded));
