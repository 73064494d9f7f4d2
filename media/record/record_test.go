package record

import (
	"bytes"
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/google/uuid"
	"gocloud.dev/blob"
	"gocloud.dev/blob/memblob"

	"patchbay/media"
	"patchbay/media/mediatest"
	"patchbay/media/record/seal"
)

func newID() string { return uuid.Must(uuid.NewV7()).String() }

// rig is a vault of a test, which speaks two tones into recorders.
type rig struct {
	*Vault
	t      testing.TB
	dir    string
	bucket *blob.Bucket
	pos    atomic.Int64
}

func newRig(t testing.TB, bucket *blob.Bucket) *rig {
	t.Helper()
	if bucket == nil {
		bucket = memblob.OpenBucket(nil)
	}
	g := &rig{t: t, dir: t.TempDir(), bucket: bucket}
	g.open()
	t.Cleanup(func() { g.Vault.Close(); _ = bucket.Close() })
	return g
}

func (g *rig) open() {
	g.t.Helper()
	keys, err := seal.OpenKeys(seal.KeysConfig{Dir: filepath.Join(g.dir, "keys")})
	if err != nil {
		g.t.Fatal(err)
	}
	g.Vault, err = Open(Config{Dir: filepath.Join(g.dir, "spool"), Keys: keys, Bucket: g.bucket, Log: slog.New(slog.DiscardHandler), RetryFirst: time.Millisecond, RetryMost: 5 * time.Millisecond})
	if err != nil {
		g.t.Fatal(err)
	}
}

// record begins a recording.
func (g *rig) record(onStatus func(Status)) *Recorder {
	g.t.Helper()
	r, err := g.Record(Start{ID: newID(), At: time.Now(), Position: g.pos.Load, OnStatus: onStatus})
	if err != nil {
		g.t.Fatal(err)
	}
	return r
}

// speak lets both sides hum: 437 Hz left, 911 Hz right. It ticks as fast as the writer takes it.
func (g *rig) speak(r *Recorder, frames int) { g.tones(r, frames, 437, 911) }

func (g *rig) tones(r *Recorder, frames int, leftHz, rightHz float64) {
	left, right := mediatest.NewTone(leftHz, -12), mediatest.NewTone(rightHz, -12)
	var f media.Frame
	for range frames {
		for r.in.ring.written.Load()-r.in.ring.read.Load() > ringFrames/2 {
			time.Sleep(time.Millisecond) // the writer is another goroutine; real ticks come every 20 ms
		}
		left.ReadFrame(&f)
		r.Customer().WriteFrame(&f)
		right.ReadFrame(&f)
		r.Agents().WriteFrame(&f)
		g.pos.Add(1)
	}
}

// ogg gives what can be heard of a recording.
func (g *rig) ogg(id string) ([]byte, *Sound) {
	g.t.Helper()
	s, err := g.Sound(g.t.Context(), id)
	if err != nil {
		g.t.Fatal(err)
	}
	defer s.Close()
	b, err := io.ReadAll(s)
	if err != nil || int64(len(b)) != s.Size() {
		g.t.Fatalf("%d bytes of %d, %v", len(b), s.Size(), err)
	}
	return b, s
}

// decode lets ffmpeg play an Ogg file: what is left and right, at 16 kHz.
func decode(t testing.TB, ogg []byte) (left, right []int16) {
	t.Helper()
	cmd := exec.Command("ffmpeg", "-v", "error", "-xerror", "-i", "-", "-f", "s16le", "-ar", "16000", "-")
	cmd.Stdin = bytes.NewReader(ogg)
	var out, msg bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &msg
	if err := cmd.Run(); err != nil || msg.Len() > 0 {
		t.Fatalf("ffmpeg: %v: %s", err, msg.String())
	}
	b := out.Bytes()
	for i := 0; i+4 <= len(b); i += 4 {
		left = append(left, int16(uint16(b[i])|uint16(b[i+1])<<8))
		right = append(right, int16(uint16(b[i+2])|uint16(b[i+3])<<8))
	}
	return left, right
}

// hears checks that a stretch holds one tone and not the other, or neither.
func hears(t testing.TB, what string, samples []int16, from, to time.Duration, own, other float64) {
	t.Helper()
	at := func(d time.Duration) int { return min(len(samples), int(d.Seconds()*media.SampleRate)) }
	s := samples[at(from):at(to)]
	if len(s) < media.SampleRate/10 {
		t.Errorf("%s: only %d samples from %v to %v", what, len(s), from, to)
		return
	}
	if p := mediatest.PowerAt(s, media.SampleRate, own); own > 0 && (p < -14 || p > -10) {
		t.Errorf("%s: %.0f Hz at %.1f dBFS", what, own, p)
	}
	if p := mediatest.PowerAt(s, media.SampleRate, other); p > -60 {
		t.Errorf("%s: %.0f Hz leaks at %.1f dBFS", what, other, p)
	}
	if p := mediatest.RMS(s); own == 0 && p > -60 {
		t.Errorf("%s is not silent: %.1f dBFS", what, p)
	}
}

const sec = time.Second

func TestRecordingPlays(t *testing.T) {
	g := newRig(t, nil)
	r := g.record(nil)
	g.speak(r, 525)
	r.Mark("held", map[string]any{"by": "akiko"})
	r.Finish()
	<-r.Done()
	ogg, s := g.ogg(r.id)
	if s.DurationMS < 10480 || s.DurationMS > 10500 || s.Live || len(s.Damage) > 0 {
		t.Errorf("%+v", s)
	}
	if len(s.Marks) != 1 || s.Marks[0].Kind != "held" || s.Marks[0].AtMS < 10400 {
		t.Errorf("marks: %+v", s.Marks)
	}
	left, right := decode(t, ogg)
	if n := len(left); n < 10.4*media.SampleRate || n > 10.6*media.SampleRate {
		t.Errorf("ffmpeg plays %d samples", n)
	}
	hears(t, "left", left, sec/10, 10*sec, 437, 911)
	hears(t, "right", right, sec/10, 10*sec, 911, 437)
	path := filepath.Join(t.TempDir(), "a.ogg")
	if err := os.WriteFile(path, ogg, 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("ffprobe", "-v", "error", "-show_entries", "stream=codec_name,channels:format=format_name,duration", "-of", "csv=p=0", path).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "opus,2") || !strings.Contains(string(out), "ogg,10.") {
		t.Errorf("ffprobe: %v: %s", err, out)
	}
	s, err = g.Sound(t.Context(), r.id)
	if err != nil {
		t.Fatal(err)
	}
	s.Until(4000)
	part, err := io.ReadAll(s)
	if left, _ := decode(t, part); err != nil || len(left) < 3.9*media.SampleRate || len(left) > 4.1*media.SampleRate || !bytes.HasPrefix(ogg, part) {
		t.Errorf("until 4 s: %d samples, %v", len(left), err)
	}
	if peak := s.Peaks[0][20]; peak < 50 || len(s.Peaks[0]) != len(s.Peaks[1]) || len(s.Peaks[0]) != 105 {
		t.Errorf("%d peaks, one of %d", len(s.Peaks[0]), peak)
	}
}

// TestTimeAxis: what was not recorded is silence of the same length, so that words and sound stay together.
func TestTimeAxis(t *testing.T) {
	g := newRig(t, nil)
	g.pos.Store(100) // consent came after 2 s
	r := g.record(nil)
	g.speak(r, 100)
	r.Pause("card")
	g.tones(r, 100, 1723, 1723) // nobody may hear that
	r.Resume()
	g.speak(r, 75)
	g.pos.Add(50) // ticks that the bridge skipped
	g.speak(r, 75)
	r.Finish()
	<-r.Done()
	ogg, s := g.ogg(r.id)
	if s.DurationMS != 10000 {
		t.Errorf("%d ms", s.DurationMS)
	}
	left, right := decode(t, ogg)
	hears(t, "before consent", left, 0, 19*sec/10, 0, 437)
	hears(t, "left before the pause", left, 21*sec/10, 39*sec/10, 437, 911)
	hears(t, "left in the pause", left, 41*sec/10, 59*sec/10, 0, 1723)
	hears(t, "right in the pause", right, 41*sec/10, 59*sec/10, 0, 1723)
	hears(t, "right after the pause", right, 62*sec/10, 74*sec/10, 911, 1723)
	hears(t, "skipped ticks", left, 76*sec/10, 84*sec/10, 0, 437)
	hears(t, "left at the end", left, 87*sec/10, 99*sec/10, 437, 1723)
}

// TestSilenceTakesBack: what was said in a stretch is nowhere, whether it was written, waits or is still to come, and
// whether the recording goes on, is finished, or is in the bucket. The key that sealed it is gone.
func TestSilenceTakesBack(t *testing.T) {
	g := newRig(t, nil)
	r := g.record(nil)
	g.tones(r, 100, 437, 911)
	g.tones(r, 50, 1723, 1723) // a card number, at 2 s to 3 s
	g.tones(r, 110, 437, 911)
	waitFor(t, "a sealed card number", func() bool { _, s := g.ogg(r.id); return s.DurationMS >= 4000 })
	before, err := os.ReadFile(g.openPath(r.id))
	if err != nil {
		t.Fatal(err)
	}
	r.Silence(1990, 3010)
	r.Silence(5500, 6000)
	waitFor(t, "taken back", func() bool { _, s := g.ogg(r.id); return len(s.Marks) == 2 })
	left, _ := decode(t, first(g.ogg(r.id)))
	hears(t, "live", left, 205*sec/100, 295*sec/100, 0, 1723)
	hears(t, "live, before it", left, sec/10, 19*sec/10, 437, 1723)
	g.tones(r, 90, 437, 911) // to 7 s
	if _, err := seal.Read(bytes.NewReader(before), int64(len(before)), g.keyOf); !errors.Is(err, seal.ErrNoKey) {
		t.Errorf("the file as it was can be read: %v", err)
	}
	r.Finish()
	<-r.Done()
	check := func(what string, more ...time.Duration) {
		t.Helper()
		left, right := decode(t, first(g.ogg(r.id)))
		for _, at := range append([]time.Duration{2050 * time.Millisecond, 5550 * time.Millisecond}, more...) {
			hears(t, what, left, at, at+400*time.Millisecond, 0, 1723)
			hears(t, what, right, at, at+400*time.Millisecond, 0, 1723)
		}
		hears(t, what+", after it", left, 6200*time.Millisecond, 6900*time.Millisecond, 437, 1723)
	}
	check("finished")
	r.Silence(3500, 4000) // words came late
	waitFor(t, "taken back from the spool", func() bool { _, s := g.ogg(r.id); return s.Peaks[0][37] == 0 })
	check("finished, later", 3550*time.Millisecond)
	stop := g.run()
	waitFor(t, "in the bucket", func() bool { return g.Waiting() == 0 })
	r.Silence(4500, 5000)
	waitFor(t, "taken back from the bucket", func() bool { _, s := g.ogg(r.id); return s.Peaks[0][47] == 0 && g.Waiting() == 0 })
	stop()
	check("in the bucket", 3550*time.Millisecond, 4550*time.Millisecond)
	if report, err := g.Verify(t.Context(), r.id); err != nil || !report.OK() {
		t.Errorf("%+v, %v", report, err)
	}
}

func first(b []byte, _ *Sound) []byte { return b }

func (g *rig) run() (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() { defer close(done); _ = g.Vault.Run(ctx) }()
	return func() { cancel(); <-done }
}

// waitFor polls what a goroutine of the vault brings about.
func waitFor(t testing.TB, what string, yes func() bool) {
	t.Helper()
	for end := time.Now().Add(10 * time.Second); !yes(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not %s within 10 s", what)
		}
	}
}

// TestCrashLosesTwoSeconds: a spool as kill -9 leaves it, torn at any byte, is closed into a file that plays.
func TestCrashLosesTwoSeconds(t *testing.T) {
	g := newRig(t, nil)
	r := g.record(nil)
	g.speak(r, 500)
	waitFor(t, "written to 9 s", func() bool { _, s := g.ogg(r.id); return s.DurationMS >= 9000 })
	b, err := os.ReadFile(g.openPath(r.id))
	if err != nil {
		t.Fatal(err)
	}
	for _, torn := range []int{0, 1, 1000} {
		id := r.id
		crashed := &rig{t: t, dir: t.TempDir(), bucket: g.bucket}
		if err := os.CopyFS(filepath.Join(crashed.dir, "keys"), os.DirFS(filepath.Join(g.dir, "keys"))); err != nil {
			t.Fatal(err)
		}
		_ = os.Chmod(filepath.Join(crashed.dir, "keys", "master"), 0o600)
		_ = os.Mkdir(filepath.Join(crashed.dir, "spool"), 0o700)
		if err := os.WriteFile(filepath.Join(crashed.dir, "spool", id+openSuffix), b[:len(b)-torn], 0o600); err != nil {
			t.Fatal(err)
		}
		crashed.open()
		ogg, s := crashed.ogg(id)
		if s.Live || s.DurationMS < 8000 {
			t.Errorf("%d bytes torn: %d ms, live %v", torn, s.DurationMS, s.Live)
		}
		left, _ := decode(t, ogg)
		hears(t, "left", left, sec/10, 79*sec/10, 437, 911)
		if report, err := crashed.Verify(t.Context(), id); err != nil || !report.OK() {
			t.Errorf("%+v, %v", report, err)
		}
		crashed.Vault.Close()
	}
	r.Finish()
}

// TestDamageIsSilence: of a recording with a flipped byte everything else plays, in its place, and the damage is named.
func TestDamageIsSilence(t *testing.T) {
	g := newRig(t, nil)
	r := g.record(nil)
	g.speak(r, 500)
	r.Finish()
	<-r.Done()
	b, err := os.ReadFile(g.sealedPath(r.id))
	if err != nil {
		t.Fatal(err)
	}
	b[len(b)/2] ^= 1
	if err := os.WriteFile(g.sealedPath(r.id), b, 0o600); err != nil {
		t.Fatal(err)
	}
	ogg, s := g.ogg(r.id)
	if len(s.Damage) != 1 || s.DurationMS != 10000 {
		t.Errorf("%+v, %d ms", s.Damage, s.DurationMS)
	}
	left, _ := decode(t, ogg)
	hears(t, "before", left, sec/10, 39*sec/10, 437, 911)
	hears(t, "after", left, 7*sec, 99*sec/10, 437, 911)
	if report, err := g.Verify(t.Context(), r.id); err != nil || report.OK() || !strings.Contains(report.Problems[0], "damaged") {
		t.Errorf("%+v, %v", report, err)
	}
}

// TestDiscardLeavesNothing: neither key nor file nor object, in whatever state the recording was.
func TestDiscardLeavesNothing(t *testing.T) {
	for _, state := range []string{"going on", "finished", "in the bucket"} {
		g := newRig(t, nil)
		stop := g.run()
		r := g.record(nil)
		g.speak(r, 200)
		if state != "going on" {
			r.Finish()
			<-r.Done()
		}
		if state == "in the bucket" {
			waitFor(t, "uploaded", func() bool { return g.Waiting() == 0 })
		}
		if err := g.Erase(t.Context(), r.id); err != nil {
			t.Fatal(err)
		}
		if _, err := g.Sound(t.Context(), r.id); !errors.Is(err, ErrNone) {
			t.Errorf("%s: heard after it was erased: %v", state, err)
		}
		waitFor(t, "removed", func() bool {
			left, _ := os.ReadDir(filepath.Join(g.dir, "spool"))
			ok, _ := g.bucket.Exists(t.Context(), ObjectName(r.id))
			return len(left) == 0 && !ok
		})
		_ = filepath.WalkDir(g.dir, func(path string, d os.DirEntry, _ error) error {
			if strings.Contains(d.Name(), r.id) {
				t.Errorf("%s: %s is left", state, path)
			}
			return nil
		})
		stop()
	}
}

// TestBucketDown: a bucket that is down holds up nobody; the spool keeps the recording over restarts until the bucket has it.
func TestBucketDown(t *testing.T) {
	down := memblob.OpenBucket(nil)
	_ = down.Close() // every call fails
	g := newRig(t, down)
	stop := g.run()
	r := g.record(nil)
	g.speak(r, 100)
	r.Finish()
	<-r.Done()
	waitFor(t, "told", func() bool { return g.Trouble() != nil })
	if first(g.ogg(r.id)) == nil || g.Waiting() != 1 {
		t.Error("the recording is not in the spool")
	}
	stop()
	g.Vault.Close()
	g.bucket = memblob.OpenBucket(nil)
	defer g.bucket.Close()
	g.open() // a restart, after which the bucket is back
	stop = g.run()
	waitFor(t, "uploaded", func() bool { return g.Waiting() == 0 && g.Trouble() == nil })
	stop()
	left, _ := decode(t, first(g.ogg(r.id)))
	hears(t, "left", left, sec/10, 19*sec/10, 437, 911)
}

// fullSink is a disk that is full from time to time.
type fullSink struct {
	seal.Sink
	full *atomic.Bool
}

func (f fullSink) Write(b []byte) (int, error) {
	if f.full.Load() {
		n, _ := f.Sink.Write(b[:len(b)/2]) // as write(2) does: what still fits
		return n, syscall.ENOSPC
	}
	return f.Sink.Write(b)
}

// TestDiskFull: a full disk is reported, the call goes on, and what waited is written when there is room again.
func TestDiskFull(t *testing.T) {
	g := newRig(t, nil)
	var full atomic.Bool
	g.create = func(path string) (seal.Sink, error) {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL|os.O_APPEND, 0o600)
		return fullSink{f, &full}, err
	}
	states := make(chan Status, 16)
	r := g.record(func(s Status) { states <- s })
	g.speak(r, 100)
	full.Store(true)
	g.speak(r, 200)
	if s := <-states; s != Failing {
		t.Errorf("state %q on a full disk", s)
	}
	r.Pause("agent")
	r.Resume()
	for _, want := range []Status{Paused, Failing} { // not Recording: the disk is full still
		if s := <-states; s != want {
			t.Errorf("state %q on a full disk, want %q", s, want)
		}
	}
	full.Store(false)
	g.speak(r, 100)
	if s := <-states; s != Recording {
		t.Errorf("state %q after it", s)
	}
	r.Finish()
	<-r.Done()
	left, _ := decode(t, first(g.ogg(r.id)))
	hears(t, "left", left, sec/10, 79*sec/10, 437, 911)
	// Of a disk that stays full, what is older than half a minute is given up, but not its place.
	r = g.record(nil)
	g.pos.Store(0)
	full.Store(true)
	g.speak(r, 50*60)
	full.Store(false)
	g.speak(r, 100)
	r.Finish()
	<-r.Done()
	_, s := g.ogg(r.id)
	if s.DurationMS != 62000 {
		t.Errorf("%d ms", s.DurationMS)
	}
	left, _ = decode(t, first(g.ogg(r.id)))
	hears(t, "given up", left, sec, 20*sec, 0, 911)
	hears(t, "the last half minute", left, 40*sec, 61*sec, 437, 911)
}
