package wav

// The tables are made anew for each file: 256 entries cost nothing beside reading it.

// expandMuLaw gives the sample of each µ-law byte (ITU-T G.711, table 2a).
func expandMuLaw() *[256]int16 {
	var t [256]int16
	for i := range t {
		u := ^byte(i)
		v := (int(u&0x0f)<<3+0x84)<<(u>>4&7) - 0x84
		if u&0x80 != 0 {
			v = -v
		}
		t[i] = int16(v)
	}
	return &t
}

// expandALaw gives the sample of each A-law byte (ITU-T G.711, table 1a).
func expandALaw() *[256]int16 {
	var t [256]int16
	for i := range t {
		a := byte(i) ^ 0x55
		v := int(a&0x0f)<<4 + 8
		if exp := a >> 4 & 7; exp > 0 {
			v = (v + 0x100) << (exp - 1)
		}
		if a&0x80 == 0 {
			v = -v
		}
		t[i] = int16(v)
	}
	return &t
}
