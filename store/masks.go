package store

import (
	"context"

	"github.com/jackc/pgx/v5"
)

// MaskRule is an administrator's own pattern: what it fits is masked in everything said and typed.
type MaskRule struct {
	Name    string `json:"name"`    // for people
	Pattern string `json:"pattern"` // RE2
	Active  bool   `json:"active"`
}

// MaskRules gives all rules in their order.
func (s *Store) MaskRules(ctx context.Context) ([]MaskRule, error) {
	rows, err := s.pool.Query(ctx, `select name, pattern, active from mask_rules order by position`)
	if err != nil {
		return nil, wrap("store: mask rules", err)
	}
	list, err := pgx.CollectRows(rows, pgx.RowToStructByPos[MaskRule])
	return list, wrap("store: mask rules", err)
}

// ReplaceMaskRules puts rules in the place of all that there are.
func (s *Store) ReplaceMaskRules(ctx context.Context, list []MaskRule) error {
	return wrap("store: replace mask rules", pgx.BeginFunc(ctx, s.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `delete from mask_rules`); err != nil {
			return err
		}
		for i, r := range list {
			if _, err := tx.Exec(ctx, `insert into mask_rules (position, name, pattern, active) values ($1, $2, $3, $4)`, i+1, r.Name, r.Pattern, r.Active); err != nil {
				return err
			}
		}
		return nil
	}))
}
