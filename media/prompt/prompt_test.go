package prompt

import (
	"bytes"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"patchbay/media"
	"patchbay/media/mediatest"
)

func open(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// sweep is what the files in testdata hold: one second, from 300 to 3000 Hz.
func sweep() []int16 {
	s := make([]int16, media.SampleRate)
	for i := range s {
		at := float64(i) / media.SampleRate
		phase := 2 * math.Pi * (300*at + 2700*at*at/2)
		s[i] = int16(32767 * math.Pow(10, -12.0/20) * math.Sin(phase))
	}
	return s
}

// TestDecode: whatever the rate, the sound comes out at its length, in its place and at its level.
func TestDecode(t *testing.T) {
	for _, name := range []string{"44100-joint-stereo", "48000-mono", "32000-vbr", "24000-mono", "22050-padded", "16000-id3-crc"} {
		t.Run(name, func(t *testing.T) {
			clip, err := Decode(bytes.NewReader(open(t, name+".mp3")))
			if err != nil {
				t.Fatal(err)
			}
			got, want := clip.Samples(), sweep()
			if d := len(got) - len(want); d < -1 || d > 1 {
				t.Errorf("%d samples, not %d: the encoder's padding is not cut off", len(got), len(want))
			}
			at, r := mediatest.Correlate(got, want[100:15900])
			if at < 99 || at > 101 || r < 0.995 {
				t.Errorf("correlates with %.4f at %d, not fully at 100", r, at)
			}
			if d := mediatest.RMS(got) - mediatest.RMS(want); math.Abs(d) > 0.6 { // LAME scales by 0.95 unasked, but not always
				t.Errorf("%.2f dB too loud", d)
			}
		})
	}
}

func TestDecodeRefuses(t *testing.T) {
	good := open(t, "bare.mp3")
	other := open(t, "22050-padded.mp3")
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"nothing":         {nil, "no frame"},
		"a text":          {[]byte("This is not music at all."), "no frame"},
		"only a tag":      {[]byte("ID3\x04\x00\x00\x00\x00\x00\x00"), "no frame"},
		"a lying tag":     {[]byte("ID3\x04\x00\x00\x7f\x7f\x7f\x7fxx"), "no frame"},
		"MPEG 2.5":        {open(t, "mpeg25.mp3"), "neither MPEG-1 nor MPEG-2"},
		"Layer II":        {[]byte{0xff, 0xfd, 0x90, 0x00, 0, 0, 0, 0}, "neither MPEG-1 nor MPEG-2"},
		"free bit rate":   {[]byte{0xff, 0xfb, 0x00, 0x00}, "reserved"},
		"unlucky padding": {open(t, "22050-unlucky.mp3"), "encode it at another rate"},
		"half a frame":    {good[:50], "no sound"},
		"rubbish inside":  {append(append([]byte{}, good...), "rubbish between frames"...), "no frame where one should be"},
		"another rate":    {append(append([]byte{}, good...), other...), "sample rate changes"},
		"damaged":         {damaged(good), "is_pos was too big"},
		"hours of frames": {long(), "longer than"},
		"too many bytes":  {make([]byte, MaxBytes+1), "bytes"},
	} {
		t.Run(name, func(t *testing.T) {
			clip, err := Decode(bytes.NewReader(c.file))
			if clip != nil || !errors.Is(err, ErrFormat) || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v, not %q", err, c.want)
			}
		})
	}
}

// damaged keeps the headers and fills the frames with ones.
func damaged(good []byte) []byte {
	b := bytes.Clone(good)
	for at := 0; at < len(b); {
		h, err := parseHeader(b[at:])
		if err != nil {
			break
		}
		end := min(at+h.size, len(b))
		for i := at + 4; i < end; i++ {
			b[i] = 0xff
		}
		at = end
	}
	return b
}

// long is a file of small frames that would play for more than half an hour.
func long() []byte {
	frame := make([]byte, 36) // MPEG-2, 16 kHz, 8 kb/s, mono: 36 ms
	copy(frame, []byte{0xff, 0xf3, 0x18, 0xc0})
	return bytes.Repeat(frame, MaxSeconds*1000/36+1)
}

func FuzzDecode(f *testing.F) {
	for _, name := range []string{"bare.mp3", "22050-padded.mp3", "16000-id3-crc.mp3", "mpeg25.mp3"} {
		f.Add(open(f, name))
	}
	f.Add(damaged(open(f, "bare.mp3")))
	f.Fuzz(func(t *testing.T, file []byte) {
		clip, err := Decode(bytes.NewReader(file))
		if err != nil {
			if !errors.Is(err, ErrFormat) || clip != nil {
				t.Errorf("%v", err)
			}
			return
		}
		// The smallest frames are 24 bytes long and hold 576 samples at 24 kHz, or 36 at 16 kHz.
		if n := len(clip.Samples()); n > len(file)*24 {
			t.Errorf("%d samples from %d bytes", n, len(file))
		}
	})
}

func TestGreeting(t *testing.T) {
	c := Greeting()
	if d := c.Duration().Seconds(); d < 3 || d > 5 {
		t.Errorf("the greeting lasts %.1f s; it may last 5", d)
	}
	if level := mediatest.RMS(c.Samples()); level < -25 || level > -12 {
		t.Errorf("the greeting has %.1f dBFS", level)
	}
	if c != Greeting() {
		t.Error("decoded twice")
	}
}

func TestHoldMusicIsSoftAndSeamless(t *testing.T) {
	s := Hold().Samples()
	if len(s) != 48*media.SampleRate {
		t.Errorf("%d samples, not 48 s: the loop has a seam", len(s))
	}
	if level := mediatest.RMS(s); math.Abs(level+24) > 1 {
		t.Errorf("%.1f dBFS, not -24", level)
	}
	// It never falls silent for two seconds, and no two seconds stand out.
	const window = 2 * media.SampleRate
	for at := 0; at+window <= len(s); at += window {
		if level := mediatest.RMS(s[at : at+window]); level < -40 || level > -19 {
			t.Errorf("%.1f dBFS from second %d on", level, at/media.SampleRate)
		}
	}
	// A seam would click: look above the notes, where nothing is, across the loop's end.
	const half = 2048
	seam := append(append([]int16{}, s[len(s)-half:]...), s[:half]...)
	for hz := 4500.0; hz < 7500; hz += 100 {
		if level := mediatest.PowerAt(seam, media.SampleRate, hz); level > -85 {
			t.Errorf("%.0f Hz has %.1f dBFS at the seam", hz, level)
		}
	}
}
