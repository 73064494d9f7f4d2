package graph

import (
	"encoding/binary"
	"fmt"
	"maps"
	"slices"
)

// Finite reports the first tensor that holds a number that is none: training that went wrong, or a file that was damaged.
func (c *Checkpoint) Finite() error {
	for _, name := range slices.Sorted(maps.Keys(c.tensors)) {
		t := c.tensors[name]
		bad := -1
		switch t.typ {
		case dtFloat32:
			for i := 0; i+4 <= len(t.data) && bad < 0; i += 4 {
				if binary.LittleEndian.Uint32(t.data[i:])&0x7f800000 == 0x7f800000 { // NaN and the infinities
					bad = i / 4
				}
			}
		case dtFloat16:
			for i := 0; i+2 <= len(t.data) && bad < 0; i += 2 {
				if binary.LittleEndian.Uint16(t.data[i:])&0x7c00 == 0x7c00 {
					bad = i / 2
				}
			}
		}
		if bad >= 0 {
			return fmt.Errorf("graph: %s: %w: tensor %s: element %d is not a number, or infinite", c.name, ErrCheckpoint, name, bad)
		}
	}
	return nil
}
