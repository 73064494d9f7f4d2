package record

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os/exec"
	"strconv"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/mediatest"
)

// clap is when something can be seen and heard in a movie, in milliseconds on its axis.
type clap struct{ seen, heard float64 }

// seenAt are the frames of a movie's track of pictures, as ffmpeg decodes them: brightness and moment in milliseconds.
func seenAt(t testing.TB, path string, track int) (levels []int, at []float64) {
	t.Helper()
	spec := fmt.Sprintf("0:v:%d", track)
	cmd := exec.Command("ffmpeg", "-v", "warning", "-err_detect", "explode", "-i", path, "-map", spec, "-vf", "scale=2:2", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-")
	var said bytes.Buffer
	cmd.Stderr = &said
	b, err := cmd.Output()
	if err != nil || strings.Contains(said.String(), "rror") {
		t.Fatalf("ffmpeg: %v: %s", err, said.String())
	}
	for i := 0; i+6 <= len(b); i += 6 {
		levels = append(levels, int(b[i]))
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-select_streams", spec[2:], "-show_entries", "packet=pts_time", "-of", "csv=p=0", path).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	for _, line := range strings.Fields(string(out)) {
		s, err := strconv.ParseFloat(line, 64)
		if err != nil {
			t.Fatal(err)
		}
		at = append(at, 1000*s)
	}
	if len(at) != len(levels) {
		t.Fatalf("%d frames, %d moments", len(levels), len(at))
	}
	return levels, at
}

// heardAt is the sound of a movie, on its time axis.
func heardAt(t testing.TB, path string) []int16 {
	t.Helper()
	// aresample fills what is before the first packet and where packets are missing.
	cmd := exec.Command("ffmpeg", "-v", "error", "-xerror", "-i", path, "-map", "0:a", "-af", "aresample=async=1:first_pts=0,pan=mono|c0=c0", "-f", "s16le", "-ar", "16000", "-")
	var msg bytes.Buffer
	cmd.Stderr = &msg
	b, err := cmd.Output()
	if err != nil || msg.Len() > 0 {
		t.Fatalf("ffmpeg: %v: %s", err, msg.String())
	}
	var out []int16
	for i := 0; i+2 <= len(b); i += 2 {
		out = append(out, int16(uint16(b[i])|uint16(b[i+1])<<8))
	}
	return out
}

// loudFrom is when a sound begins, in milliseconds.
func loudFrom(samples []int16) float64 {
	const piece = media.SampleRate / 1000
	for i := 0; i+piece <= len(samples); i += piece {
		if mediatest.RMS(samples[i:i+piece]) > -25 {
			return float64(i) * 1000 / media.SampleRate
		}
	}
	return -1
}

// film sends frames as one film and gives what was stored of it.
func (g *rig) film(id string, zero time.Time, stored <-chan Stored, codec string, ssrc uint32, parts ...[][]byte) Stored {
	g.t.Helper()
	f, err := g.Film(FilmStart{ID: id, Zero: func() time.Time { return zero }, Keyframe: func() {}})
	if err != nil {
		g.t.Fatal(err)
	}
	s := newSender(codec, ssrc)
	tick := time.NewTicker(50 * time.Millisecond) // as a camera's frames come: it is their coming that gives them their moment
	defer tick.Stop()
	for _, frames := range parts {
		for i := range frames {
			s.send(f, frames[i:i+1], nil)
			<-tick.C
		}
	}
	f.Finish()
	<-f.Done()
	for {
		if st := <-stored; st.Film != nil {
			return st
		}
	}
}

// hum lets the customer be silent, and from a position on hum.
func (g *rig) hum(r *Recorder, frames int, from int64) {
	tone := mediatest.NewTone(437, -12)
	for range frames {
		for r.in.ring.written.Load()-r.in.ring.read.Load() > ringFrames/2 {
			time.Sleep(time.Millisecond)
		}
		var f, silence media.Frame
		if g.pos.Load() >= from {
			tone.ReadFrame(&f)
		}
		r.Customer().WriteFrame(&f)
		r.Agents().WriteFrame(&silence)
		g.pos.Add(1)
	}
}

func (g *rig) movie(id string, films []int64, only int64) (*Movie, []byte) {
	g.t.Helper()
	m, err := g.OpenMovie(g.t.Context(), id, films, only)
	if err != nil {
		g.t.Fatal(err)
	}
	defer m.Close()
	b, err := io.ReadAll(m)
	if err != nil || int64(len(b)) != m.Size() {
		g.t.Fatalf("%d bytes of %d, %v", len(b), m.Size(), err)
	}
	for range 50 { // any range is the same
		from := rand.Int64N(m.Size())
		part := make([]byte, min(5000, m.Size()-from))
		if _, err := m.Seek(from, io.SeekStart); err != nil {
			g.t.Fatal(err)
		}
		if _, err := io.ReadFull(m, part); err != nil || !bytes.Equal(part, b[from:from+int64(len(part))]) {
			g.t.Fatalf("from byte %d it reads differently: %v", from, err)
		}
	}
	return m, b
}

// TestMovie: sound and pictures in one file, in time with each other, in both codecs: a flash and a tone that were together are
// together there. Where no picture was kept, before, between and behind, the time axis stays; the pictures are as they came.
func TestMovie(t *testing.T) {
	for _, codec := range []string{"VP8", "H264"} {
		t.Run(codec, func(t *testing.T) {
			dark, bright := coded(t, codec, 320, 180, 0, 10), coded(t, codec, 320, 180, 40, 10)
			again := coded(t, codec, 180, 320, 20, 10)
			stored := make(chan Stored, 10)
			g := newRig(t, nil)
			g.onStored = func(s Stored) { stored <- s }
			r := g.record(nil)
			zero := time.Now().Add(-3 * time.Second)
			first := g.film(r.id, zero, stored, codec, 1, dark, bright)
			second := g.film(r.id, zero.Add(-8*time.Second), stored, codec, 2, again) // nine seconds after the first
			flash := first.Film.AtMS + 500 + soundBehind                              // what was said in that moment comes so much later to its place
			from := (flash + frameMS - 1) / frameMS
			g.hum(r, 20*50, from)
			r.Finish()
			<-r.Done()
			films := []int64{first.Film.AtMS, second.Film.AtMS}
			begins := []int64{films[0] + soundBehind, films[1] + soundBehind} // on the movie's axis

			m, b := g.movie(r.id, films, -1)
			path := writeTemp(t, b)
			levels, at := seenAt(t, path, 0)
			got := clap{seen: -1, heard: loudFrom(heardAt(t, path))}
			greys, kept := 0, 0
			for i, level := range levels {
				during := at[i] >= float64(begins[0]) && at[i] <= float64(begins[0]+1000) || at[i] >= float64(begins[1]) && at[i] <= float64(begins[1]+1000)
				switch {
				case during:
					kept++
				case level > 120 && level < 136:
					greys++
				default:
					t.Errorf("at %.0f ms, where nothing was shown, the picture has brightness %d", at[i], level)
				}
				if during && level > 150 && got.seen < 0 {
					got.seen = at[i]
				}
			}
			t.Logf("%d bytes, %d pictures, %d grey ones; the flash at %.0f ms (shown at %d), the tone at %.1f (spoken at %d)", len(b), kept, greys, got.seen, flash, got.heard, from*frameMS)
			if kept != 30 || codec == "VP8" && greys < 3 {
				t.Errorf("%d pictures and %d grey ones", kept, greys)
			}
			if apart := (got.heard - got.seen) - float64(from*frameMS-flash); got.seen < 0 || got.heard < 0 || apart < -10 || apart > 10 {
				t.Errorf("flash and tone were together, and are %.1f ms apart", apart)
			}
			if d := m.DurationMS; d < 20000 || d > 21000 || m.FromMS != 0 || m.Live || len(m.Damage) > 0 {
				t.Errorf("the movie: %d ms from %d, live %v, %v", d, m.FromMS, m.Live, m.Damage)
			}
			if want := map[string]string{"VP8": "video/webm", "H264": "video/x-matroska"}[codec]; m.Type != want {
				t.Errorf("it is %s", m.Type)
			}
			for _, frame := range append(dark[1:], bright[1:]...) { // as it came: what the packets carried lies in the file
				if codec == "VP8" && !bytes.Contains(b, frame) {
					t.Fatal("a picture is not what was forwarded")
				}
			}

			// One film with the sound beside it.
			one, b := g.movie(r.id, films, films[0])
			path = writeTemp(t, b)
			levels, at = seenAt(t, path, 0)
			heard := loudFrom(heardAt(t, path))
			if len(levels) != 20 || at[10]-500 > 10 || at[10]-500 < -10 || one.DurationMS > 1100 {
				t.Errorf("one film: %d pictures, the flash at %v of %d ms", len(levels), at[10], one.DurationMS)
			}
			if apart := (heard - at[10]) - float64(from*frameMS-flash); apart < -10 || apart > 10 {
				t.Errorf("in one film flash and tone are %.1f ms apart", apart)
			}
			if _, err := g.OpenMovie(t.Context(), r.id, nil, -1); !errors.Is(err, ErrNone) {
				t.Errorf("without films: %v", err)
			}
		})
	}
}

// TestMovieOfTwoCodecs: a browser that changes its codec in mid-session makes two films; the movie has a track for each, on one axis.
func TestMovieOfTwoCodecs(t *testing.T) {
	vp8, h264 := coded(t, "VP8", 320, 180, 0, 20), coded(t, "H264", 320, 180, 30, 20)
	stored := make(chan Stored, 10)
	g := newRig(t, nil)
	g.onStored = func(s Stored) { stored <- s }
	r := g.record(nil)
	zero := time.Now().Add(-time.Second)
	f, err := g.Film(FilmStart{ID: r.id, Zero: func() time.Time { return zero }, Keyframe: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	newSender("VP8", 1).send(f, vp8, nil)
	newSender("H264", 2).send(f, h264, nil)
	f.Finish()
	<-f.Done()
	a, b := <-stored, <-stored
	if a.Film == nil || b.Film == nil || a.Film.Codec != "VP8" || b.Film.Codec != "H264" {
		t.Fatalf("stored: %+v, %+v", a.Film, b.Film)
	}
	g.hum(r, 4*50, 0)
	r.Finish()
	<-r.Done()
	m, file := g.movie(r.id, []int64{a.Film.AtMS, b.Film.AtMS}, -1)
	path := writeTemp(t, file)
	streams := probe(t, path)
	if len(streams) != 3 || streams[0].CodecName != "vp8" || streams[1].CodecName != "h264" || streams[2].CodecName != "opus" || streams[2].Channels != 2 {
		t.Errorf("the movie has %+v", streams)
	}
	if len(m.Codecs) != 2 || m.Type != "video/x-matroska" {
		t.Errorf("%v in %s", m.Codecs, m.Type)
	}
	levels, at := seenAt(t, path, 1)
	counts(t, "the second codec", levels, 30, 50)
	if d := at[0] - float64(b.Film.AtMS+soundBehind); d < -1 || d > 1 {
		t.Errorf("the second codec begins at %.0f ms, not at %d", at[0], b.Film.AtMS)
	}
	first, firstAt := seenAt(t, path, 0)
	for i := range first {
		if firstAt[i] >= float64(a.Film.AtMS+soundBehind) {
			counts(t, "the first codec", first[i:min(i+20, len(first))], 0, 20)
			break
		}
	}
	// Each part as a file of its own, which every player shows.
	for _, st := range []Stored{a, b} {
		part, file := g.movie(r.id, []int64{a.Film.AtMS, b.Film.AtMS}, st.Film.AtMS)
		if s := probe(t, writeTemp(t, file)); len(s) != 2 || len(part.Codecs) != 1 || part.Codecs[0] != st.Film.Codec {
			t.Errorf("the part of %s: %+v", st.Film.Codec, s)
		}
	}
}

// TestMovieWithoutSound: pictures that were kept without any sound are a movie too; and one that goes on is what there is of it.
func TestMovieWithoutSound(t *testing.T) {
	frames := coded(t, "VP8", 320, 180, 0, 20)
	stored := make(chan Stored, 10)
	g := newRig(t, nil)
	g.onStored = func(s Stored) { stored <- s }
	id := newID()
	st := g.film(id, time.Now(), stored, "VP8", 1, frames)
	m, b := g.movie(id, []int64{st.Film.AtMS}, -1)
	levels, _ := seenAt(t, writeTemp(t, b), 0)
	if len(levels) != 20 || m.DurationMS < 900 {
		t.Errorf("%d pictures in %d ms", len(levels), m.DurationMS)
	}
	if err := g.Erase(t.Context(), id); err != nil {
		t.Fatal(err)
	}
	if _, err := g.OpenMovie(t.Context(), id, []int64{st.Film.AtMS}, -1); !errors.Is(err, ErrNone) {
		t.Errorf("after the key is destroyed: %v", err)
	}
}

// probe is what ffprobe says of a file.
func probe(t testing.TB, path string) (streams []struct {
	CodecName string `json:"codec_name"`
	Width     int
	Channels  int
}) {
	t.Helper()
	out, err := exec.Command("ffprobe", "-v", "error", "-show_streams", "-of", "json", path).Output()
	if err != nil {
		t.Fatalf("ffprobe: %v", err)
	}
	doc := struct{ Streams any }{&streams}
	if err := json.Unmarshal(out, &doc); err != nil {
		t.Fatal(err)
	}
	return streams
}

// TestGrey: the grey picture is one in every size.
func TestGrey(t *testing.T) {
	for _, size := range [][2]int{{16, 16}, {320, 180}, {180, 320}, {641, 361}, {1280, 720}, {1920, 1080}} {
		width, height := size[0], size[1]
		frame := greyFrame(width, height)
		ivf := append([]byte("DKIF\x00\x00\x20\x00VP80"), byte(width), byte(width>>8), byte(height), byte(height>>8), 30, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0)
		n := len(frame)
		ivf = append(ivf, byte(n), byte(n>>8), byte(n>>16), byte(n>>24), 0, 0, 0, 0, 0, 0, 0, 0)
		path := writeTemp(t, append(ivf, frame...))
		for _, decoder := range []string{"vp8", "libvpx"} {
			cmd := exec.Command("ffmpeg", "-v", "warning", "-err_detect", "explode", "-c:v", decoder, "-i", path, "-pix_fmt", "yuv420p", "-f", "rawvideo", "-")
			var said bytes.Buffer
			cmd.Stderr = &said
			b, err := cmd.Output()
			if err != nil || said.Len() > 0 || len(b) < width*height {
				t.Errorf("%d×%d by %s: %v %s", width, height, decoder, err, said.String())
				continue
			}
			low, high := byte(255), byte(0)
			for _, v := range b {
				low, high = min(low, v), max(high, v)
			}
			if low < 120 || high > 136 {
				t.Errorf("%d×%d by %s: from %d to %d", width, height, decoder, low, high)
			}
		}
	}
}

func FuzzBlocks(f *testing.F) {
	c := cluster{}
	c.add(7, true, []byte("picture"))
	plain, err := c.seal()
	if err != nil {
		f.Fatal(err)
	}
	f.Add(plain[clusterHead:])
	f.Add([]byte{0x1f, 0x43, 0xb6, 0x75, 0x01, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff})
	f.Fuzz(func(t *testing.T, data []byte) {
		blocks, err := blocksOf(data)
		n := 0
		for _, b := range blocks {
			n += len(b.data)
			if b.track < 2 || b.track >= len(b.data) {
				t.Errorf("%+v", b)
			}
			if got := b.appendTo(nil, 1); len(got) != len(b.data) {
				t.Errorf("%d bytes of %d", len(got), len(b.data))
			}
		}
		if n > len(data) || err == nil && len(data) == 0 {
			t.Errorf("%d bytes of %d", n, len(data))
		}
	})
}
