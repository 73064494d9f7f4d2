package main

import (
	"context"
	"flag"
	"fmt"
	"net/netip"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"patchbay/media/rtp"
	"patchbay/sip"
)

// RTP ports of a telephone that answers, beside those of one that dials.
const (
	answerPortFrom = 41000
	answerPortTo   = 41999
)

// answer is a telephone that takes calls, one at a time: the far end of calls to numbers, for demos and tests.
func answer(ctx context.Context, args []string, std stdio) error {
	p := &answeringPhone{}
	fs := flag.NewFlagSet("answer", flag.ContinueOnError)
	addr := fs.String("sip", strings.TrimPrefix(demoOutbound, "sip:"), "IP:PORT to take calls at, UDP and TCP")
	fs.StringVar(&p.play, "play", "", "WAV or MP3 `file` to speak from the answer on; demo is the shipped recording")
	fs.BoolVar(&p.loop, "loop", false, "play it again and again, with a pause")
	fs.StringVar(&p.record, "record", "", "WAV `file` for what we hear (16-bit mono); later calls go to FILE-2 and so on")
	fs.DurationVar(&p.ring, "ring", time.Second, "ring that long before answering")
	fs.DurationVar(&p.duration, "duration", 0, "hang up that long after the answer; 0: when the far end does, or at Ctrl-C")
	fs.BoolVar(&p.busy, "busy", false, "be busy: refuse every call with 486")
	code := fs.Int("refuse", 0, "refuse every call with this SIP `code`, 400 to 699")
	calls := fs.Int("calls", 0, "end after that many calls; 0: at Ctrl-C")
	asJSON := fs.Bool("json", false, "print events as JSON lines")
	rest, err := parse(fs, args, std, "[flags]")
	if err != nil {
		return err
	}
	if len(rest) > 0 {
		return usageError{fmt.Sprintf("%q is not understood. Type: patchbay answer --help", rest[0])}
	}
	if _, err := netip.ParseAddrPort(*addr); err != nil {
		return usageError{fmt.Sprintf("--sip is an IP address and a port such as 127.0.0.1:5070, not %q", *addr)}
	}
	if *code != 0 && (*code < 400 || *code > 699) {
		return usageError{fmt.Sprintf("--refuse is a SIP code from 400 to 699, not %d", *code)}
	}
	if p.play != "" {
		if _, err := loadSound(p.play); err != nil {
			return err
		}
	}
	if p.code = *code; p.busy {
		p.code = 486
	}
	ctx, p.out = newPrinter(ctx, std.out, *asJSON)
	ctx, p.enough = context.WithCancel(ctx)
	defer p.enough()
	p.left = *calls

	pool, err := rtp.NewPortPool(answerPortFrom, answerPortTo, 0)
	if err != nil {
		return err
	}
	server, err := sip.NewServer(sip.Config{Addr: *addr, Ports: pool, Handler: p.take})
	if err != nil {
		return err
	}
	if err := server.Listen(); err != nil {
		return err
	}
	p.out.print("listening", "telephone at sip:NUMBER@"+server.Addr().String(), map[string]any{"address": server.Addr().String()})
	return server.Run(ctx)
}

// answeringPhone is what one telephone does with each call.
type answeringPhone struct {
	play, record   string
	loop, busy     bool
	ring, duration time.Duration
	code           int // refuse with it; 0 is to answer
	out            *printer
	enough         context.CancelFunc

	mu     sync.Mutex
	taken  bool // a call is going on
	number int  // of calls so far
	left   int  // calls to go, 0 for no end
}

// seize takes the telephone for a call. The first call has the number 1.
func (p *answeringPhone) seize() (number int, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.taken {
		return 0, false
	}
	p.taken = true
	p.number++
	return p.number, true
}

// release puts the receiver down.
func (p *answeringPhone) release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.taken = false
	if p.left > 0 {
		if p.left--; p.left == 0 {
			p.enough()
		}
	}
}

// take handles one call.
func (p *answeringPhone) take(call *sip.Call) {
	number, ok := p.seize()
	if !ok {
		call.Refuse(486, "Busy Here")
		<-call.Done()
		return
	}
	defer p.release()
	p.out.print("call", fmt.Sprintf("call from %s to %s", call.From(), call.To()),
		map[string]any{"call": call.ID(), "from": call.From(), "to": call.To()})
	if p.code != 0 {
		call.Refuse(p.code, "Refused")
	} else {
		call.Ring()
	}
	if err := p.talk(call, number); err != nil {
		p.out.print("failed", err.Error(), map[string]any{"error": err.Error()})
		call.HangUp()
	}
	<-call.Done()
}

func (p *answeringPhone) talk(call *sip.Call, number int) error {
	t, err := openTape(p.play, p.loop, numbered(p.record, number))
	if err != nil {
		return err
	}
	defer func() { _ = t.finish() }() // of a call that failed; one that did not has told its own error
	ringing := time.NewTimer(p.ring)
	defer ringing.Stop()
	var hangUp <-chan time.Time
	stopPlaying := func() {}
	defer func() { stopPlaying() }()
	for open := true; open; {
		select {
		case <-ringing.C:
			if p.code != 0 {
				break
			}
			leg, err := call.Answer(context.Background())
			if err != nil {
				break // given up meanwhile: the events say so
			}
			t.start()
			if stopPlaying, err = t.playTo(leg); err != nil {
				stopPlaying = func() {}
				return err
			}
			p.out.print("answered", "answered", nil)
			if p.duration > 0 {
				hangUp = time.After(p.duration)
			}
		case <-hangUp:
			call.HangUp()
		case e, ok := <-call.Events():
			if !ok {
				open = false
				break
			}
			printCallEvent(p.out, e)
		}
	}
	stopPlaying()
	stopPlaying = func() {}
	return t.finish()
}

// numbered names the recording of a later call.
func numbered(name string, number int) string {
	if name == "" || number == 1 {
		return name
	}
	ext := filepath.Ext(name)
	return fmt.Sprintf("%s-%d%s", strings.TrimSuffix(name, ext), number, ext)
}
