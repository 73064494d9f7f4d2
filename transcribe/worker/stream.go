package worker

import (
	"context"
	"errors"

	"patchbay/transcribe"
)

// inboxMessages bounds what waits for a stream: the host sends at most ten seconds ahead of what was heard, so more than
// one message per frame of them is a host that breaks the protocol.
const inboxMessages = 1024

var errInboxFull = errors.New("worker: the host sends more than the protocol allows")

// stream is the goroutine that owns one session: it feeds sound and results to it, one at a time.
type stream struct {
	ctx     context.Context // ends with the stream
	cancel  context.CancelFunc
	inbox   chan transcribe.Message
	results chan result
	session *session
}

func newStream(ctx context.Context, open *transcribe.OpenMessage, audio transcribe.Audio, q queue, outbox chan<- transcribe.Message) *stream {
	st := &stream{inbox: make(chan transcribe.Message, inboxMessages), results: make(chan result, maxFinalsAhead)}
	st.ctx, st.cancel = context.WithCancel(ctx)
	reply := func(r result) {
		select {
		case st.results <- r:
		case <-st.ctx.Done():
		}
	}
	emit := func(m transcribe.Message) {
		select {
		case outbox <- m:
		case <-st.ctx.Done():
		}
	}
	st.session = newSession(open, audio, q, reply, emit)
	return st
}

// put hands a message over without waiting.
func (st *stream) put(m transcribe.Message) error {
	select {
	case st.inbox <- m:
		return nil
	default:
		return errInboxFull
	}
}

func (st *stream) run() {
	defer st.session.withdraw()
	for {
		inbox := st.inbox
		if st.session.full() {
			inbox = nil // results first: the host waits with more, because nothing is reported as heard
		}
		select {
		case <-st.ctx.Done():
			return
		case r := <-st.results:
			st.session.passed(r)
		case m := <-inbox:
			switch m := m.(type) {
			case *transcribe.SoundMessage:
				st.session.sound(m.Pos, m.Samples, m.Behind)
			case *transcribe.PrimeMessage:
				st.session.prime(m.Language, m.Prompt)
			case *transcribe.FinishMessage:
				st.session.finish()
			}
		}
	}
}
