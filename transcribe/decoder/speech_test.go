package decoder

import (
	"encoding/binary"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"patchbay/transcribe/models"
)

// clip reads a recording of 8 kHz µ-law from testdata and doubles its rate.
func clip(t testing.TB, name string) []int16 {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name+".wav"))
	if err != nil {
		t.Fatal(err)
	}
	for i := 12; i+8 <= len(b); {
		n := int(binary.LittleEndian.Uint32(b[i+4:]))
		if string(b[i:i+4]) == "data" {
			return doubled(b[i+8 : i+8+n])
		}
		i += 8 + n + n%2
	}
	t.Fatalf("%s: no data", name)
	return nil
}

// doubled decodes µ-law (ITU-T G.711) and interpolates to 16 kHz by a windowed sinc.
func doubled(ulaw []byte) []int16 {
	x := make([]float64, len(ulaw))
	for i, u := range ulaw {
		u = ^u
		v := (int(u&0x0f)<<3+0x84)<<(u&0x70>>4) - 0x84
		if u&0x80 != 0 {
			v = -v
		}
		x[i] = float64(v)
	}
	const reach = 16
	out := make([]int16, 0, 2*len(x))
	for i := range x {
		out = append(out, int16(x[i]))
		sum, gain := 0.0, 0.0
		for k := -reach + 1; k <= reach; k++ {
			d := math.Pi * (float64(k) - 0.5)
			w := math.Sin(d) / d * (0.5 + 0.5*math.Cos(d/reach))
			gain += w
			if j := i + k; j >= 0 && j < len(x) {
				sum += w * x[j]
			}
		}
		out = append(out, int16(math.Round(max(-32768, min(32767, sum/gain)))))
	}
	return out
}

// golden is what the prototype gave.
type golden struct {
	Mel     map[string][]float64 `json:"mel"` // log-mel of single frames of ls-1089-134691-0000, by number
	Encoded map[string][]int64   `json:"encoded"`
	Logits  map[int]float32      `json:"logits"` // of the first token of ls-1089-134691-0000, tiny.en
	TinyEn  map[string][]int32   `json:"tiny_en"`
	Base    map[string][]int32   `json:"base"`
}

var readGolden = sync.OnceValues(func() (golden, error) {
	var g golden
	b, err := os.ReadFile("testdata/golden.json")
	if err == nil {
		err = json.Unmarshal(b, &g)
	}
	return g, err
})

func loadGolden(t *testing.T) golden {
	t.Helper()
	g, err := readGolden()
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// loaded is the engine that the tests share; loading it takes some seconds. It lives as long as the test binary.
var loaded = sync.OnceValues(func() (*Engine, error) {
	m, err := models.Open("")
	if err != nil {
		return nil, err
	}
	return New(Config{Models: m})
})

func engine(t testing.TB) *Engine {
	t.Helper()
	e, err := loaded()
	if err != nil {
		t.Fatal(err) // it says what to type
	}
	return e
}
