package main

import (
	"context"

	"patchbay/acd"
)

// openMasks reads the centre's patterns of what is masked. One that cannot be used ends the start: secrets would be kept.
func (c *centre) openMasks(ctx context.Context) (*acd.Masks, error) {
	rules, err := c.store.MaskRules(ctx)
	if err != nil {
		return nil, err
	}
	patterns, err := acd.CompileMasks(rules)
	if err != nil {
		return nil, err
	}
	masks := new(acd.Masks)
	masks.Set(patterns)
	return masks, nil
}
