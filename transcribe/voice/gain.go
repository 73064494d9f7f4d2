package voice

import "math"

// Silero takes what is quieter than some −45 dBFS for silence, and people telephone from −60 dBFS on. So the network hears
// every voice at about the same level.
const (
	loudTarget = 0.1   // of a voice's loud windows, RMS, full scale = 1 (−20 dBFS); louder ones stay as they are
	mostGain   = 32    // 30 dB: a line's own noise, at −75 dBFS and below, stays silence
	fallAfter  = 0.957 // of the level a window, half in 0.5 s: the next speaker may be 40 dB below the last
)

// gain follows the level of a stream: up at once, down by and by.
type gain struct{ level float64 }

// next takes the next window in and gives the factor for it. No window is amplified above loudTarget.
func (g *gain) next(window []float32) float32 {
	sum := 0.0
	for _, x := range window {
		sum += float64(x) * float64(x)
	}
	g.level = max(math.Sqrt(sum/float64(len(window))), g.level*fallAfter)
	return float32(min(max(loudTarget/max(g.level, loudTarget/mostGain), 1), mostGain))
}
