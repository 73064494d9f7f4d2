package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"patchbay/sip"
)

// dtmfPause is between the 200 OK and the digits of --dtmf: the far end's media must be there to hear them.
const dtmfPause = 500 * time.Millisecond

// dial is a telephone: it calls, plays, records, and prints what happens.
func dial(ctx context.Context, args []string, std stdio) error {
	fs := flag.NewFlagSet("dial", flag.ContinueOnError)
	from := fs.String("from", "", "our `number`; empty is withheld")
	play := fs.String("play", "", "WAV or MP3 `file` to speak from the 200 OK on; demo is the shipped recording")
	loop := fs.Bool("loop", false, "play it again and again, with a pause")
	record := fs.String("record", "", "WAV `file` for what we hear from the 200 OK on (16-bit mono)")
	dtmf := fs.String("dtmf", "", "`digits` to press after the 200 OK")
	duration := fs.Duration("duration", 0, "hang up that long after the 200 OK; 0: when the far end does, or at Ctrl-C")
	asJSON := fs.Bool("json", false, "print events as JSON lines")
	transport := fs.String("transport", "", "udp or tcp (default: as the address says, else udp)")
	rest, err := parse(fs, args, std, "sip:NUMBER@HOST:PORT [flags]")
	if err != nil {
		return err
	}
	if len(rest) != 1 {
		return usageError{"name one address to call, as in: patchbay dial sip:+12025550100@127.0.0.1:5060"}
	}
	if *transport != "" && *transport != "udp" && *transport != "tcp" {
		return usageError{"--transport is udp or tcp"}
	}
	if *duration < 0 {
		return usageError{"--duration is a time such as 30s"}
	}
	if strings.Trim(*dtmf, "0123456789*#ABCD") != "" {
		return usageError{fmt.Sprintf("--dtmf is keys 0 to 9, *, # and A to D, not %q", *dtmf)}
	}
	t, err := openTape(*play, *loop, *record)
	if err != nil {
		return err
	}
	defer func() { _ = t.finish() }() // of a call that failed; one that did not has told its own error
	ctx, out := newPrinter(ctx, std.out, *asJSON)

	// Ctrl-C hangs up: the call ends with ctx.
	call, err := sip.Dial(ctx, sip.DialConfig{URI: rest[0], From: *from, Transport: *transport})
	if errors.Is(err, sip.ErrConfig) {
		return usageError{strings.TrimPrefix(err.Error(), sip.ErrConfig.Error()+": ") + ", such as sip:+12025550100@127.0.0.1:5060"}
	}
	if err != nil {
		return err
	}
	defer call.Close()
	out.print("dialling", "calling "+rest[0], map[string]any{"call": call.ID()})

	var stopPlaying func()
	var hangUp <-chan time.Time
	for open := true; open; {
		select {
		case <-hangUp:
			call.HangUp()
			hangUp = nil
		case e, ok := <-call.Events():
			if !ok {
				open = false
				break
			}
			printCallEvent(out, e)
			if e.Kind == sip.EventAnswered {
				t.start()
				if stopPlaying, err = t.playTo(call.Leg()); err != nil {
					return err
				}
				if *duration > 0 {
					hangUp = time.After(time.Until(call.AnsweredAt().Add(*duration)))
				}
				if *dtmf != "" {
					time.AfterFunc(dtmfPause, func() {
						if err := call.SendDigits(*dtmf); err != nil {
							out.print("dtmf_failed", "digits not sent: "+err.Error(), map[string]any{"error": err.Error()})
						}
					})
				}
			}
		}
	}
	<-call.Done()
	if stopPlaying != nil {
		stopPlaying()
	}
	if err := t.finish(); err != nil {
		return err
	}
	if call.AnsweredAt().IsZero() && ctx.Err() == nil {
		if !*asJSON {
			fmt.Fprintf(std.err, "patchbay dial: no answer from %s: %s\n", rest[0], call.Cause().Reason)
		}
		return errReported
	}
	return nil
}

func printCallEvent(out *printer, e sip.Event) {
	data := map[string]any{}
	words := map[sip.EventKind]string{
		sip.EventTrying: "the far end has the call", sip.EventRinging: "it rings", sip.EventEarlyMedia: "sound before the answer",
		sip.EventAnswered: "answered", sip.EventHeld: "we are on hold", sip.EventResumed: "off hold",
		sip.EventMediaLost: "no sound arrives", sip.EventMediaBack: "sound arrives again",
	}[e.Kind]
	switch e.Kind {
	case sip.EventDigit:
		data["digit"] = string(e.Digit)
		words = "key " + string(e.Digit)
	case sip.EventEnded:
		data["by"], data["outcome"], data["code"], data["reason"] = e.Cause.By.String(), string(e.Cause.Outcome), e.Cause.Code, e.Cause.Reason
		words = "ended: " + e.Cause.Reason
	}
	out.print(e.Kind.String(), words, data)
}

// printJSON prints one event as a line; the error is the writer's.
func printJSON(w io.Writer, event string, at time.Time, data map[string]any) error {
	line := map[string]any{"event": event, "time": at.UTC().Format(time.RFC3339Nano)}
	for k, v := range data {
		line[k] = v
	}
	b, err := json.Marshal(line)
	if err != nil {
		b, _ = json.Marshal(map[string]any{"event": event, "time": line["time"], "error": err.Error()})
	}
	_, err = w.Write(append(b, '\n'))
	return err
}
