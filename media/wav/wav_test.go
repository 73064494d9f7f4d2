package wav_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"patchbay/media/wav"
)

func open(t testing.TB, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestG711AsSoxExpandsIt(t *testing.T) {
	for _, name := range []string{"mulaw", "alaw"} {
		t.Run(name, func(t *testing.T) {
			got, rate, err := wav.Read(bytes.NewReader(open(t, name+".wav")))
			if err != nil || rate != 8000 {
				t.Fatal(rate, err)
			}
			want, _, err := wav.Read(bytes.NewReader(open(t, name+"-expanded.wav")))
			if err != nil || len(want) != 256 {
				t.Fatal(len(want), err)
			}
			if !slices.Equal(got, want) {
				t.Errorf("got %v, not %v", got, want)
			}
		})
	}
}

func TestWriteThenRead(t *testing.T) {
	want := []int16{0, 1, -1, 32767, -32768, 12345}
	var b bytes.Buffer
	if err := wav.Write(&b, want, 16000); err != nil {
		t.Fatal(err)
	}
	got, rate, err := wav.Read(&b)
	if err != nil || rate != 16000 || !slices.Equal(got, want) {
		t.Errorf("got %v at %d, %v", got, rate, err)
	}
}

func TestWriterCompletesTheHeader(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.wav")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := wav.NewWriter(f, 8000)
	if err != nil {
		t.Fatal(err)
	}
	var want []int16
	for i := range int16(100) {
		part := []int16{i, -i, 7}
		want = append(want, part...)
		if err := w.Write(part); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string) {
		t.Helper()
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		got, rate, err := wav.Read(bytes.NewReader(b))
		if err != nil || rate != 8000 || !slices.Equal(got, want) {
			t.Errorf("%s: %d samples at %d, %v", when, len(got), rate, err)
		}
	}
	check("before Close, as after a crash")
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	check("after Close")
	var whole bytes.Buffer
	if err := wav.Write(&whole, want, 8000); err != nil {
		t.Fatal(err)
	}
	if b, _ := os.ReadFile(path); !bytes.Equal(b, whole.Bytes()) {
		t.Error("the file differs from one written as a whole")
	}
}

func TestChannelsAreMixedDown(t *testing.T) {
	var b bytes.Buffer
	if err := wav.Write(&b, []int16{100, 200, -100, -300, 32767, 32767}, 16000); err != nil {
		t.Fatal(err)
	}
	stereo := b.Bytes()
	stereo[22] = 2
	got, _, err := wav.Read(bytes.NewReader(stereo))
	if want := []int16{150, -200, 32767}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

// One third of full scale, its opposite and the ends of the scale, in every form that is read.
func TestWidths(t *testing.T) {
	le := binary.LittleEndian
	values := []float64{0, 1. / 3, -1. / 3, -1}
	for _, c := range []struct {
		name      string
		tag, bits uint16
		put       func(b []byte, v float64) []byte
		off       int // how far a sample may lie from the 16-bit one
	}{
		{"8 bits", 1, 8, func(b []byte, v float64) []byte { return append(b, byte(128+math.Round(v*127.99))) }, 256},
		{"16 bits", 1, 16, func(b []byte, v float64) []byte { return le.AppendUint16(b, uint16(int16(v*(1<<15)))) }, 1},
		{"24 bits", 1, 24, func(b []byte, v float64) []byte { return le.AppendUint32(b, uint32(int32(v*(1<<23))))[:len(b)+3] }, 1},
		{"32 bits", 1, 32, func(b []byte, v float64) []byte { return le.AppendUint32(b, uint32(int32(v*(1<<31)))) }, 1},
		{"float", 3, 32, func(b []byte, v float64) []byte { return le.AppendUint32(b, math.Float32bits(float32(v))) }, 1},
		{"double", 3, 64, func(b []byte, v float64) []byte { return le.AppendUint64(b, math.Float64bits(v)) }, 1},
	} {
		b := append([]byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00"), byte(c.tag), 0, 1, 0)
		b = le.AppendUint32(le.AppendUint32(b, 48000), 48000*uint32(c.bits)/8)
		b = le.AppendUint16(le.AppendUint16(b, c.bits/8), c.bits)
		b = append(b, "data\xff\xff\xff\x7f"...)
		for _, v := range values {
			b = c.put(b, v)
		}
		got, rate, err := wav.Read(bytes.NewReader(b))
		if err != nil || rate != 48000 || len(got) != len(values) {
			t.Errorf("%s: %v at %d, %v", c.name, got, rate, err)
			continue
		}
		for i, v := range values {
			if want := int(v * (1 << 15)); int(got[i]) < want-c.off || int(got[i]) > want+c.off {
				t.Errorf("%s: %d is read for %d", c.name, got[i], want)
			}
		}
	}
}

func TestBeyondFullScaleIsClipped(t *testing.T) {
	b := []byte("RIFF\x00\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x03\x00\x01\x00\x40\x1f\x00\x00\x00\x7d\x00\x00\x04\x00\x20\x00data\x14\x00\x00\x00")
	for _, v := range []float64{1.5, -7, math.Inf(1), math.Inf(-1), math.NaN()} {
		b = binary.LittleEndian.AppendUint32(b, math.Float32bits(float32(v)))
	}
	got, _, err := wav.Read(bytes.NewReader(b))
	if want := []int16{32767, -32768, 32767, -32768, 0}; err != nil || !slices.Equal(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestLoad(t *testing.T) {
	samples, err := wav.Load(filepath.Join("testdata", "mulaw.wav"))
	if err != nil || len(samples) != 512 {
		t.Errorf("%d samples at 16 kHz of 256 at 8, %v", len(samples), err)
	}
	if _, err := wav.Load("testdata/README.md"); !errors.Is(err, wav.ErrFormat) || !strings.Contains(err.Error(), "README") {
		t.Errorf("not a WAV file: %v", err)
	}
	if _, err := wav.Load("testdata/none.wav"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("no file: %v", err)
	}
}

func TestRefused(t *testing.T) {
	var b bytes.Buffer
	if err := wav.Write(&b, []int16{1, 2, 3}, 16000); err != nil {
		t.Fatal(err)
	}
	good := b.Bytes()
	with := func(at int, v string) []byte {
		c := slices.Clone(good)
		copy(c[at:], v)
		return c
	}
	for name, file := range map[string][]byte{
		"empty":              nil,
		"not RIFF":           with(0, "RIFX"),
		"not WAVE":           with(8, "AVI "),
		"header only":        good[:12],
		"cut in the format":  good[:30],
		"data first":         slices.Concat(good[:12], good[36:]),
		"tiny format chunk":  with(16, "\x08"),
		"huge format chunk":  with(16, "\x00\x00\x00\x7f"),
		"float":              with(20, "\x03"),
		"20 bits":            with(34, "\x14"),
		"no channels":        with(22, "\x00"),
		"many channels":      with(22, "\x09"),
		"rate zero":          with(24, "\x00\x00"),
		"rate of gigahertz":  with(24, "\x00\x00\x00\xff"),
		"chunk without end":  with(12, "LIST\xff\xff\xff\x7f"),
		"G.711 with 16 bits": with(20, "\x07"),
	} {
		t.Run(name, func(t *testing.T) {
			if s, _, err := wav.Read(bytes.NewReader(file)); !errors.Is(err, wav.ErrFormat) || s != nil {
				t.Errorf("%d samples, %v", len(s), err)
			}
		})
	}
}

// TestLyingLength: the header's word is not taken for the memory that is set aside.
func TestLyingLength(t *testing.T) {
	var b bytes.Buffer
	if err := wav.Write(&b, []int16{1, 2, 3}, 16000); err != nil {
		t.Fatal(err)
	}
	lying := b.Bytes()
	copy(lying[40:], []byte{0xff, 0xff, 0xff, 0xff})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	got, _, err := wav.Read(bytes.NewReader(lying))
	runtime.ReadMemStats(&after)
	if err != nil || !slices.Equal(got, []int16{1, 2, 3}) {
		t.Errorf("got %v, %v", got, err)
	}
	if used := after.TotalAlloc - before.TotalAlloc; used > 1<<20 {
		t.Errorf("%d bytes set aside for six", used)
	}
}

func FuzzRead(f *testing.F) {
	for _, name := range []string{"mulaw.wav", "alaw-expanded.wav", "pcm24.wav"} {
		f.Add(open(f, name))
	}
	f.Add([]byte("RIFF\x00\x00\x00\x00WAVE"))
	f.Fuzz(func(t *testing.T, file []byte) {
		samples, rate, err := wav.Read(bytes.NewReader(file))
		if err != nil {
			if !errors.Is(err, wav.ErrFormat) {
				t.Errorf("an error of another kind: %v", err)
			}
			return
		}
		if len(samples) > len(file) || rate < wav.MinRate || rate > wav.MaxRate {
			t.Fatalf("%d samples at %d from %d bytes", len(samples), rate, len(file))
		}
		var b bytes.Buffer
		if err := wav.Write(&b, samples, rate); err != nil {
			t.Fatal(err)
		}
		again, rate2, err := wav.Read(io.Reader(&b))
		if err != nil || rate2 != rate || !slices.Equal(again, samples) {
			t.Error("not the same when written and read again")
		}
	})
}
