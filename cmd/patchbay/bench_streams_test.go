//go:build bench

package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/transcribe"
	"patchbay/transcribe/wer"
)

// benchStreams asks how many streams of nearly continuous speech one core carries: the recogniser's process is bound to
// one core, the bench feeds it from wherever the kernel lets it, in real time, and adds streams until lines come late, and one
// step further. The second row is what a leg costs that says nothing. $PATCHBAY_STREAMS lists other steps: "4 8 12".
func benchStreams(t *testing.T, rows []*budget) {
	row := rows[0]
	clips, from := benchClips(t)
	service, pid := oneCore(t)
	silentLegs(t, service, pid, rows[1])

	steps := []int{1, 2, 4, 8, 10, 12, 14, 16, 20, 24, 32}
	talk := 40 * time.Second
	if list := os.Getenv("PATCHBAY_STREAMS"); list != "" {
		steps = nil
		for s := range strings.FieldsSeq(list) {
			n, err := strconv.Atoi(s)
			if err != nil || n < 1 {
				t.Fatalf("PATCHBAY_STREAMS: %q is no number of streams", s)
			}
			steps = append(steps, n)
		}
	}
	if quick() {
		steps, talk = []int{1, 3}, 10*time.Second
	}
	row.Table = []string{"| streams | line, median | p95 | p99 | first partial, median | p95 | partials for each line | words wrong | core busy |", "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"}
	best, beyond := 0, 0
	for _, n := range steps {
		before, began := cpuTime(t, pid), time.Now()
		r := feed(service, clips, n, talk)
		busy := (cpuTime(t, pid) - before).Seconds() / time.Since(began).Seconds()
		p95 := percentile(r.late, 0.95)
		row.Table = append(row.Table, fmt.Sprintf("| %d | %.2f s | %.2f s | %.2f s | %.2f s | %.2f s | %.1f | %.1f %% | %.0f %% |", n, percentile(r.late, 0.5).Seconds(), p95.Seconds(), percentile(r.late, 0.99).Seconds(),
			percentile(r.first, 0.5).Seconds(), percentile(r.first, 0.95).Seconds(), float64(r.partials)/float64(max(r.lines, 1)), 100*r.words.rate(), 100*busy))
		t.Log(row.Table[len(row.Table)-1])
		if r.missing > 0 {
			row.note("%d of %d recordings without a line among %d streams: %s", r.missing, r.missing+len(r.late), n, strings.Join(r.without, "; "))
		}
		if p95 <= 1200*time.Millisecond && r.missing == 0 {
			best = n
		} else if beyond++; beyond == 2 {
			break
		}
	}
	row.set(best >= 8, "%d", best)
	row.note("p95 of lines at most 1.2 s after the last sound of a recording, all there, recordings of %s 0.6 s apart, %v a stream, partials on; the recogniser's process is bound to one core by taskset", filepath.Base(from), talk)
}

// oneCore starts a recogniser that has one core, and gives its process.
func oneCore(t *testing.T) (*transcribe.Service, int) {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan transcribe.Status, 64)
	service := transcribe.NewService(transcribe.Config{
		Command: []string{"taskset", "-c", "0", exe, "transcriber"}, Env: []string{asProgram + "=1"}, Workers: 1, Dir: t.TempDir(),
		OnStatus: func(s transcribe.Status) { ready <- s },
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	t.Cleanup(func() { cancel(); <-ended })
	for s := range ready {
		if s.State == transcribe.Off {
			t.Fatal(s.Reason)
		}
		if s.State == transcribe.Ready {
			break
		}
	}
	go func() { // later ones are not waited for
		for range ready {
		}
	}()
	pids := transcribersOf(t, os.Getpid())
	if len(pids) != 1 {
		t.Fatalf("recognisers: %v", pids)
	}
	return service, pids[0]
}

// silentLegs measures what legs cost that are quiet: a line's own noise, −65 dBFS.
func silentLegs(t *testing.T, service *transcribe.Service, pid int, row *budget) {
	legs, quiet := times(50, 5), time.Duration(times(20, 4))*time.Second
	sound := hiss(quiet)
	var wg sync.WaitGroup
	before := cpuTime(t, pid)
	var heard int
	var mu sync.Mutex
	for range legs {
		wg.Go(func() {
			l, _ := speak(service, sound)
			mu.Lock()
			defer mu.Unlock()
			heard += len(l.lines)
		})
	}
	wg.Wait()
	cost := (cpuTime(t, pid) - before).Seconds() / (float64(legs) * quiet.Seconds())
	row.set(cost <= 0.01 && heard == 0, "%.4f", cost)
	row.note("%d legs for %v of noise at −65 dBFS; %d lines were invented", legs, quiet, heard)
}

// hiss is the noise of a quiet line, −65 dBFS.
func hiss(d time.Duration) []int16 {
	rnd := rand.New(rand.NewPCG(1, 2))
	s := make([]int16, int(d.Seconds()*phoneRate))
	for i := range s {
		s[i] = int16(math.Round(rnd.NormFloat64() * 32768 * 0.00056))
	}
	return s
}

// fed is what became of some streams.
type fed struct {
	late, first     []time.Duration
	missing         int
	without         []string
	lines, partials int
	words           score
}

// feed speaks into n streams for a while.
func feed(service *transcribe.Service, clips []clip, n int, talk time.Duration) (r fed) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range n {
		var mine []clip // another order for each
		length := time.Duration(0)
		for k := i * 5; length < talk; k++ {
			next := clips[k%len(clips)]
			next.name = fmt.Sprintf("%d %s", k, next.name) // one may come twice
			mine = append(mine, next)
			length += time.Duration(len(next.sound))*time.Second/phoneRate + 600*time.Millisecond
		}
		sound, places := stringTogether(mine, 600*time.Millisecond)
		wg.Go(func() {
			time.Sleep(time.Duration(i) * 313 * time.Millisecond) // people do not begin at once
			l, begin := speak(service, sound)
			mu.Lock()
			defer mu.Unlock()
			r.lines, r.partials = r.lines+len(l.lines), r.partials+len(l.partials)
			var said, heard []string
			for _, c := range lateness(places, begin, l.partials, l.lines) {
				if c.missing {
					r.missing++
					r.without = append(r.without, c.name)
				} else {
					r.late, r.first = append(r.late, c.last), append(r.first, c.first)
				}
			}
			for _, k := range mine {
				said = append(said, k.words...)
			}
			for _, line := range l.lines {
				heard = append(heard, countedWords(line.text)...)
			}
			r.words.words, r.words.errors = r.words.words+len(said), r.words.errors+wer.Errors(said, heard)
		})
	}
	wg.Wait()
	return r
}

// speak gives one stream its sound in real time and gives what was heard, with the moments at which it came.
func speak(service *transcribe.Service, sound []int16) (l *lineKeeper, begin time.Time) {
	l = &lineKeeper{}
	begin = time.Now()
	stream := service.Open(transcribe.StreamConfig{ID: "bench", Language: "en", Listener: l})
	for pos, f := range frames(sound) {
		time.Sleep(time.Until(begin.Add(time.Duration(pos) * media.FrameDuration)))
		stream.Write(int64(pos), &f)
	}
	<-stream.Finish()
	return l, begin
}

// lineKeeper keeps what is heard of a stream; it is read after the stream's end.
type lineKeeper struct{ partials, lines []heardText }

func (l *lineKeeper) Partial(p transcribe.Partial) {
	if p.Text != "" {
		l.partials = append(l.partials, heardText{time.Now(), p.StartMS, p.StartMS, p.Text})
	}
}

func (l *lineKeeper) Translation(string, string) {}
func (l *lineKeeper) Line(line transcribe.Line) {
	l.lines = append(l.lines, heardText{time.Now(), line.StartMS, line.EndMS, line.Text})
}
