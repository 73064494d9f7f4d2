//go:build bench

package main

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/transcribe"
)

// benchStreams asks how many streams of nearly continuous speech one core carries: the recogniser's process is bound to
// one core, the bench feeds it from wherever the kernel lets it, in real time, and adds streams until lines come late.
func benchStreams(t *testing.T, rows []*budget) {
	row := rows[0]
	clips, _ := benchClips(t)
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	ready := make(chan transcribe.Status, 16)
	service := transcribe.NewService(transcribe.Config{
		Command: []string{"taskset", "-c", "0", exe, "transcriber"}, Env: []string{asProgram + "=1"}, Workers: 1, Dir: t.TempDir(),
		OnStatus: func(s transcribe.Status) { ready <- s },
	})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- service.Run(ctx) }()
	defer func() { cancel(); <-ended }()
	for s := range ready {
		if s.State == transcribe.Off {
			t.Fatal(s.Reason)
		}
		if s.State == transcribe.Ready {
			break
		}
	}
	steps := []int{8, 10, 12, 14, 16, 20, 24}
	talk := 40 * time.Second
	if quick() {
		steps, talk = []int{2, 3}, 10*time.Second
	}
	best, tried := 0, 0
	try := func(n int) bool {
		late, missing := feed(t, service, clips, n, talk)
		onTime := percentile(late, 0.95) <= 1200*time.Millisecond && missing == 0
		row.note("%d streams: %s; %d utterances without a line", n, spread(late), missing)
		if onTime {
			best = max(best, n)
		}
		return onTime
	}
	for _, n := range steps {
		if tried = n; !try(n) {
			break
		}
	}
	for n := steps[0] - 2; best == 0 && n > 0; n -= 2 {
		try(n)
	}
	row.set(best >= 8, "%d", best)
	row.note("p95 of finals at most 1.2 s after the last sound of an utterance, 0.6 s between utterances, %v each, partials on; the child is bound to one core by taskset, the largest number tried is %d", talk, tried)
}

// feed speaks into n streams for a while and gives how late their lines came.
func feed(t *testing.T, service *transcribe.Service, clips []clip, n int, talk time.Duration) (late []time.Duration, missing int) {
	var mu sync.Mutex
	var wg sync.WaitGroup
	for i := range n {
		var mine []clip // another order for each
		length := time.Duration(0)
		for k := i * 5; length < talk; k++ {
			next := clips[k%len(clips)]
			mine = append(mine, next)
			length += time.Duration(len(next.sound))*time.Second/phoneRate + 600*time.Millisecond
		}
		sound, places := stringTogether(mine, 600*time.Millisecond)
		wg.Go(func() {
			time.Sleep(time.Duration(i) * 313 * time.Millisecond) // people do not begin at once
			lines, begin := speak(service, sound)
			_, last, none := lateness(places, begin, nil, lines)
			mu.Lock()
			defer mu.Unlock()
			late, missing = append(late, last...), missing+none
		})
	}
	wg.Wait()
	return late, missing
}

// speak gives one stream its sound in real time and gives its lines with the moments at which they came.
func speak(service *transcribe.Service, sound []int16) (lines []heardText, begin time.Time) {
	var l lineKeeper
	begin = time.Now()
	stream := service.Open(transcribe.StreamConfig{ID: "bench", Language: "en", Listener: &l})
	for pos, f := range frames(sound) {
		time.Sleep(time.Until(begin.Add(time.Duration(pos) * media.FrameDuration)))
		stream.Write(int64(pos), &f)
	}
	<-stream.Finish()
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.lines, begin
}

// lineKeeper keeps a stream's lines.
type lineKeeper struct {
	mu    sync.Mutex
	lines []heardText
}

func (l *lineKeeper) Partial(transcribe.Partial) {}

func (l *lineKeeper) Line(line transcribe.Line) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lines = append(l.lines, heardText{time.Now(), line.StartMS, line.Text})
}
