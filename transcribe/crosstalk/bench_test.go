package crosstalk

import "testing"

// BenchmarkDoubleTalk is the dearest second: both speak, and neither is heard in the other. First is what nobody has looked at
// before; again is what partials have, which leaves their blocks' spectra to the line.
func BenchmarkDoubleTalk(b *testing.B) {
	own, other := load(b, speech+"lv-0870.wav"), load(b, speech+"lv-0880.wav")
	leg := room(mix(5, 0.2, own), mix(5, 0.1, other))
	l := line(0.5, 3.5)
	for name, look := range map[string]func(){
		"line of 3 s":    func() { leg.Own(l) },
		"partial of 3 s": func() { leg.leaks(leg.end-heldBack, leg.end) },
	} {
		b.Run(name+"/first", func(b *testing.B) {
			for range b.N {
				for _, l := range leg.room.legs {
					for _, s := range l.blocks {
						if s != nil {
							s.whole = false
						}
					}
				}
				look()
			}
		})
		b.Run(name+"/again", func(b *testing.B) {
			for range b.N {
				look()
			}
		})
	}
}
