package media

// Slot is a leg's seat on a Bridge, 0…MaxLegs-1. It stays the same while the leg behind it is replaced.
type Slot uint8

// Matrix says who hears whom. It is a value: the zero Matrix connects nobody, and With gives a changed copy.
// Its methods panic, as an array does, where a slot is not below MaxLegs.
type Matrix struct {
	speakers [MaxLegs]uint16 // by listener: one bit per speaker
}

// With gives a copy in which listener hears speaker, or no longer does. Nobody ever hears themself: that bit stays off.
func (m Matrix) With(listener, speaker Slot, on bool) Matrix {
	bit := slotBit(speaker)
	if on && listener != speaker {
		m.speakers[listener] |= bit
	} else {
		m.speakers[listener] &^= bit
	}
	return m
}

// Hears reports whether listener hears speaker.
func (m Matrix) Hears(listener, speaker Slot) bool {
	return m.speakers[listener]&slotBit(speaker) != 0
}

// Without gives a copy in which s hears nobody and nobody hears s.
func (m Matrix) Without(s Slot) Matrix {
	bit := slotBit(s)
	for l := range m.speakers {
		m.speakers[l] &^= bit
	}
	m.speakers[s] = 0
	return m
}

func slotBit(s Slot) uint16 {
	_ = [MaxLegs]struct{}{}[s]
	return 1 << s
}
