package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// PhraseRule is something of which supervisors are told when it is said in a call.
type PhraseRule struct {
	Kind string `json:"kind"` // "exact": whole words, upper and lower case alike; "pattern": RE2
	Text string `json:"text"`
	// ShareText lets what was said, masked, go to webhooks with the alert.
	ShareText bool `json:"share_text,omitempty"`
}

// PhraseRules gives all rules in their order.
func (s *Store) PhraseRules(ctx context.Context) ([]PhraseRule, error) {
	rows, err := s.pool.Query(ctx, `select kind, phrase, share_text from phrase_rules order by position`)
	if err != nil {
		return nil, wrap("store: phrase rules", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[PhraseRule])
	return list, wrap("store: phrase rules", err)
}

// ReplacePhraseRules puts rules in the place of all that there are.
func (s *Store) ReplacePhraseRules(ctx context.Context, list []PhraseRule) error {
	return wrap("store: replace phrase rules", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from phrase_rules`); err != nil {
			return err
		}
		for i, r := range list {
			if _, err := tx.Exec(ctx, `insert into phrase_rules (position, kind, phrase, share_text) values ($1, $2, $3, $4)`,
				i+1, r.Kind, r.Text, r.ShareText); err != nil {
				return err
			}
		}
		return nil
	}))
}
