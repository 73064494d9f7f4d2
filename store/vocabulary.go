package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// Vocabulary is words that the recogniser shall know in the calls of a queue and a language.
type Vocabulary struct {
	Queue    string `json:"queue"`    // name; empty for all queues
	Language string `json:"language"` // BCP 47; empty for all
	Terms    []Term `json:"terms"`    // the likeliest to be said first
}

// Term is one word or phrase of a vocabulary.
type Term struct {
	Text       string   `json:"text"`        // as it is written
	SoundsLike []string `json:"sounds_like"` // as the recogniser may write it
}

// Vocabularies gives all lists, by queue and language.
func (s *Store) Vocabularies(ctx context.Context) ([]Vocabulary, error) {
	rows, err := s.pool.Query(ctx, `select queue, language, terms from vocabularies order by queue, language`)
	if err != nil {
		return nil, wrap("store: vocabularies", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[Vocabulary])
	return list, wrap("store: vocabularies", err)
}

// ReplaceVocabularies puts lists in the place of all that there are.
func (s *Store) ReplaceVocabularies(ctx context.Context, list []Vocabulary) error {
	return wrap("store: replace vocabularies", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from vocabularies`); err != nil {
			return err
		}
		for _, v := range list {
			if _, err := tx.Exec(ctx, `insert into vocabularies (queue, language, terms) values ($1, $2, $3)`, v.Queue, v.Language, v.Terms); err != nil {
				return err
			}
		}
		return nil
	}))
}
