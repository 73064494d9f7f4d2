package record

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/rtp/codecs"
	"gocloud.dev/blob/memblob"

	"patchbay/media/record/seal"
)

// coded gives the frames of a picture whose brightness counts: frame n has the luma 40+4·n. Coded by ffmpeg.
func coded(t testing.TB, codec string, width, height, first, frames int) (out [][]byte) {
	t.Helper()
	var raw bytes.Buffer
	for n := range frames {
		luma := bytes.Repeat([]byte{byte(40 + 4*(first+n))}, width*height)
		raw.Write(luma)
		raw.Write(bytes.Repeat([]byte{128}, width*height/2))
	}
	in := []string{"-v", "error", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", fmt.Sprintf("%dx%d", width, height), "-r", "20", "-i", "-"}
	coder := []string{"-c:v", "libvpx", "-deadline", "realtime", "-g", "1000", "-b:v", "800k", "-f", "ivf", "-"}
	if codec == "H264" {
		coder = []string{"-c:v", "libx264", "-profile:v", "baseline", "-tune", "zerolatency", "-g", "1000", "-f", "h264", "-"}
	}
	cmd := exec.Command("ffmpeg", append(in, coder...)...)
	cmd.Stdin = &raw
	cmd.Stderr = os.Stderr
	b, err := cmd.Output()
	if err != nil {
		t.Fatal(err)
	}
	if codec == "VP8" {
		for b = b[32:]; len(b) >= 12; { // IVF: a header, then each frame behind its length and time
			n := int(binary.LittleEndian.Uint32(b))
			out, b = append(out, b[12:12+n]), b[12+n:]
		}
		return out
	}
	// A frame ends with its slices; zerolatency makes several of them, each access unit of the same picture begins anew.
	var unit []byte
	started := false
	for _, nal := range bytes.Split(b, []byte{0, 0, 1}) {
		nal = bytes.TrimRight(nal, "\x00")
		if len(nal) < 2 {
			continue
		}
		slice := nal[0]&0x1f == 1 || nal[0]&0x1f == 5
		begins := !slice || nal[1]&0x80 != 0 // first_mb_in_slice is 0
		if started && begins {
			out, unit, started = append(out, unit), nil, false
		}
		started = started || slice
		unit = append(append(unit, 0, 0, 0, 1), nal...)
	}
	return append(out, unit)
}

// sender sends coded frames as a browser does.
type sender struct {
	codec  string
	ssrc   uint32
	packet rtp.Packetizer
}

func newSender(codec string, ssrc uint32) *sender {
	var p rtp.Payloader = &codecs.VP8Payloader{EnablePictureID: true}
	if codec == "H264" {
		p = &codecs.H264Payloader{}
	}
	return &sender{codec, ssrc, rtp.NewPacketizer(1100, 96, ssrc, p, rtp.NewRandomSequencer(), videoClock)}
}

// send gives a film the frames, 50 ms apart by their timestamps; change may drop or reorder the packets of frame n.
func (s *sender) send(f *Film, frames [][]byte, change func(n int, p []*rtp.Packet) []*rtp.Packet) {
	for n, frame := range frames {
		packets := s.packet.Packetize(frame, videoClock/20)
		if change != nil {
			packets = change(n, packets)
		}
		for _, p := range packets {
			f.Packet(s.codec, &p.Header, p.Payload)
		}
	}
}

// lumas lets ffmpeg decode a film, scaled to one point, and gives each frame's brightness and moment.
func lumas(t testing.TB, film []byte) (levels []int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "film")
	if err := os.WriteFile(path, film, 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("ffmpeg", "-v", "warning", "-i", path, "-vf", "scale=2:2", "-fps_mode", "passthrough", "-pix_fmt", "yuv420p", "-f", "rawvideo", "-")
	var said bytes.Buffer
	cmd.Stderr = &said
	b, err := cmd.Output()
	if err != nil || strings.Contains(said.String(), "rror") {
		t.Fatalf("ffmpeg: %v: %s", err, said.String())
	}
	for i := 0; i+6 <= len(b); i += 6 {
		levels = append(levels, int(b[i]))
	}
	return levels
}

// watch reads a whole film.
func watch(t testing.TB, v *Vault, id string, at int64) (*FilmFile, []byte) {
	t.Helper()
	f, err := v.OpenFilm(context.Background(), id, at)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	b, err := io.ReadAll(f)
	if err != nil || int64(len(b)) != f.Size() {
		t.Fatalf("%d bytes of %d: %v", len(b), f.Size(), err)
	}
	return f, b
}

func counts(t testing.TB, what string, levels []int, from, to int) {
	t.Helper()
	if len(levels) != to-from {
		t.Errorf("%s: %d frames, want %d: %v", what, len(levels), to-from, levels)
		return
	}
	for i, level := range levels {
		if want := 40 + 4*(from+i); level < want-3 || level > want+3 {
			t.Errorf("%s: frame %d has brightness %d, want %d", what, i, level, want)
			return
		}
	}
}

// TestFilm: what was forwarded can be seen again, in both codecs, through a change of size and a reload, and only from a key frame on;
// lost packets cost pictures until the next key frame and no more, and what comes twice or out of order is put right.
func TestFilm(t *testing.T) {
	for _, codec := range []string{"VP8", "H264"} {
		t.Run(codec, func(t *testing.T) {
			stored := make(chan Stored, 10)
			v := newVault(t, func(c *Config) { c.OnStored = func(s Stored) { stored <- s } })
			asked := make(chan struct{}, 100)
			// Coded before anything is timed.
			first := coded(t, codec, 320, 180, 0, 20)
			turned := coded(t, codec, 180, 320, 20, 20) // the phone is turned: another size, from a key frame on
			hidden, reloaded := coded(t, codec, 180, 320, 5, 5), coded(t, codec, 320, 180, 40, 10)
			zero := time.Now().Add(-3 * time.Second)
			f, err := v.Film(FilmStart{ID: "film-1", Zero: func() time.Time { return zero }, Keyframe: func() { asked <- struct{}{} }})
			if err != nil {
				t.Fatal(err)
			}
			s := newSender(codec, 7)
			if len(first) != 20 {
				t.Fatalf("%d frames are coded", len(first))
			}
			s.send(f, first[10:12], nil) // no base: not kept
			s.send(f, first, func(n int, p []*rtp.Packet) []*rtp.Packet {
				if n == 3 && len(p) > 1 {
					p[0], p[1] = p[1], p[0]
				}
				return append(p, p[0]) // twice
			})
			s.send(f, turned, nil)
			f.Pause(true)
			s.send(f, hidden, nil) // not kept
			f.Pause(false)
			again := newSender(codec, 8) // the page was loaded again
			again.send(f, reloaded, nil)
			f.Finish()
			<-f.Done()
			st := <-stored
			if st.Film == nil || st.ID != "film-1" || st.Film.Codec != codec || st.Film.Width != 320 || st.Film.AtMS < 2900 || st.Film.AtMS > 9000 {
				t.Fatalf("stored: %+v of %+v", st.Film, st)
			}
			if len(asked) == 0 {
				t.Error("no key frame was asked for")
			}
			file, film := watch(t, v, "film-1", st.Film.AtMS)
			if file.Live || len(file.Damage) > 0 {
				t.Errorf("the film: %+v", file)
			}
			counts(t, "whole", lumas(t, film), 0, 50)
			out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "format=duration", "-of", "csv=p=0", writeTemp(t, film)).CombinedOutput()
			if err != nil || strings.TrimSpace(string(out)) == "N/A" {
				t.Errorf("ffprobe: %v: %s", err, out)
			}
			// A player may jump: every cue leads to a cluster.
			if n := bytes.Count(film, []byte{0x1f, 0x43, 0xb6, 0x75}); n < 3 {
				t.Errorf("%d clusters", n)
			}
			if err := v.Erase(context.Background(), "film-1"); err != nil {
				t.Fatal(err)
			}
			if _, err := v.OpenFilm(context.Background(), "film-1", st.Film.AtMS); !errors.Is(err, ErrNone) {
				t.Errorf("after the key is destroyed: %v", err)
			}
			if left, _ := filepath.Glob(filepath.Join(v.dir, "film-1.*.*")); len(left) > 0 {
				t.Errorf("left in the spool: %v", left)
			}
		})
	}
}

func writeTemp(t testing.TB, b []byte) string {
	path := filepath.Join(t.TempDir(), "f")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestFilmLoss: pictures behind a lost packet are left out until the next key frame.
func TestFilmLoss(t *testing.T) {
	v := newVault(t, nil)
	zero := time.Now()
	f, err := v.Film(FilmStart{ID: "film-2", Zero: func() time.Time { return zero }, Keyframe: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	s := newSender("VP8", 1)
	frames := coded(t, "VP8", 320, 180, 0, 30)
	s.send(f, frames, func(n int, p []*rtp.Packet) []*rtp.Packet {
		if n == 10 {
			return nil
		}
		return p
	})
	s.send(f, coded(t, "VP8", 320, 180, 30, 10), nil)
	f.Finish()
	<-f.Done()
	names, _ := filepath.Glob(filepath.Join(v.dir, "film-2.*.sealed"))
	if len(names) != 1 {
		t.Fatalf("files: %v", names)
	}
	var at int64
	_, _ = fmt.Sscanf(filepath.Base(names[0]), "film-2.%d.sealed", &at)
	_, film := watch(t, v, "film-2", at)
	levels := lumas(t, film)
	counts(t, "before the loss", levels[:min(10, len(levels))], 0, 10)
	counts(t, "behind the key frame", levels[min(10, len(levels)):], 30, 40)
}

// TestFilmKilled: what a crash leaves can be seen up to the last half second, and sound's key survives the end of the film's file.
func TestFilmKilled(t *testing.T) {
	v := newVault(t, nil)
	zero := time.Now()
	f, err := v.Film(FilmStart{ID: "film-3", Zero: func() time.Time { return zero }, Keyframe: func() {}})
	if err != nil {
		t.Fatal(err)
	}
	s := newSender("VP8", 1)
	s.send(f, coded(t, "VP8", 320, 180, 0, 40), nil)
	open := func() string {
		for end := time.Now().Add(5 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
			if names, _ := filepath.Glob(filepath.Join(v.dir, "film-3.*.open")); len(names) == 1 {
				return names[0]
			}
		}
		t.Fatal("no file is written")
		return ""
	}()
	time.Sleep(2 * filmCluster) // the ticker writes what stands still
	content, err := os.ReadFile(open)
	if err != nil {
		t.Fatal(err)
	}
	f.Discard()
	<-f.Done()
	torn := append(content, "half a segm"...)
	if err := os.WriteFile(open, torn, 0o600); err != nil {
		t.Fatal(err)
	}
	stored := make(chan Stored, 1)
	v2, err := Open(Config{Dir: v.dir, Keys: v.keys, Bucket: v.bucket, Log: v.log, OnStored: func(s Stored) { stored <- s }})
	if err != nil {
		t.Fatal(err)
	}
	defer v2.Close()
	st := <-stored
	if !st.Recovered || st.Film == nil || st.ID != "film-3" {
		t.Fatalf("recovered: %+v", st)
	}
	_, film := watch(t, v2, "film-3", st.Film.AtMS)
	counts(t, "after the crash", lumas(t, film), 0, 40)
}

func FuzzFrame(f *testing.F) {
	f.Add("VP8", []byte{0x10, 0, 0, 0x9d, 1, 0x2a, 64, 1, 180, 0})
	f.Add("H264", []byte{0, 0, 0, 9, 0x67, 66, 0xe0, 31, 0x96, 0x54, 0x05, 1, 0xe8})
	f.Fuzz(func(t *testing.T, codec string, data []byte) {
		info, ok := frameOf(codec, data)
		if ok && info.key && (info.width < 1 || info.height < 1 || info.width > 1<<14 || info.height > 1<<14) {
			t.Errorf("%+v", info)
		}
		if p, err := parseCluster(data); err == nil && (p.startMS < 0 || p.endMS < p.startMS || p.size != len(data)-clusterHead || p.blocks > p.size) {
			t.Errorf("%+v", p)
		}
	})
}

// newVault is a vault of a test.
func newVault(t testing.TB, change func(*Config)) *Vault {
	t.Helper()
	dir, bucket := t.TempDir(), memblob.OpenBucket(nil)
	keys, err := seal.OpenKeys(seal.KeysConfig{Dir: filepath.Join(dir, "keys")})
	if err != nil {
		t.Fatal(err)
	}
	cfg := Config{Dir: filepath.Join(dir, "spool"), Keys: keys, Bucket: bucket, Log: slog.New(slog.DiscardHandler)}
	if change != nil {
		change(&cfg)
	}
	v, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { v.Close(); _ = bucket.Close() })
	return v
}
