package codec

import (
	"testing"

	"patchbay/media"
)

func BenchmarkFrame(b *testing.B) {
	f := (*media.Frame)(voice(media.FrameSamples))
	payload, out := make([]byte, MaxPayload), make([]int16, MaxSamples)
	for _, c := range all {
		enc, dec := mustCoders(b, c)
		n, err := enc.Encode(f, payload)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(c.Name()+"/encode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				n, err = enc.Encode(f, payload)
			}
		})
		b.Run(c.Name()+"/decode", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				_, err = dec.Decode(payload[:n], out)
			}
		})
		b.Run(c.Name()+"/conceal", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				dec.Conceal(out[:media.FrameSamples])
				_, err = dec.Decode(payload[:n], out)
			}
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}
