package sip

import (
	"context"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	siplib "github.com/emiago/sipgo/sip"

	"patchbay/media/codec"
	"patchbay/media/rtp"
	"patchbay/sip/sdp"
)

const (
	inboxSize = 64 // steps that may wait for a call's goroutine
	eventSize = 64 // events that may wait for a call's owner
)

// mediaConfig is what the RTP side of calls needs.
type mediaConfig struct {
	ports   *rtp.PortPool
	bind    netip.Addr // address that RTP sockets listen on
	codecs  []codec.Codec
	timeout time.Duration
	totals  *rtp.Totals // nil is nowhere
}

// session is the part of a call that begins with its dialog and is the same for both directions. One goroutine, run,
// executes its steps; everything below "owned by run" belongs to it.
type session struct {
	ep    *endpoint
	log   *slog.Logger
	media mediaConfig
	id    string // Call-ID
	// account answers where a request of ours within the dialog is challenged.
	account Account

	inbox  chan func()
	events chan Event
	done   chan struct{} // closed by end: over for the owner
	gone   chan struct{} // closed when run is over: BYE is answered or given up
	tasks  sync.WaitGroup

	answeredAt atomic.Pointer[time.Time]
	cause      Cause // before done is closed owned by run, then constant

	// owned by run
	dialog   dialog
	linked   bool // dialog is registered
	rtp      *rtp.Session
	sdp      sdp.State
	over     bool // end was called
	finished bool // nothing is left to do
	acked    bool // the far end has our 200 OK; an OutCall has acknowledged itself
	byeDue   bool // hang up as soon as acked
	pending  *pending
	expiry   sessionTimer
	placed   bool // by us: the Call-ID is ours
	updates  bool // the far end takes UPDATE
	changing bool // an INVITE of ours within the dialog waits for its final response
	// unanswered ends what was not answered yet when the far end says BYE.
	unanswered func()
}

func newSession(ep *endpoint, log *slog.Logger, media mediaConfig, callID string) *session {
	return &session{
		ep: ep, log: log.With("call_id", callID), media: media, id: callID,
		inbox: make(chan func(), inboxSize), events: make(chan Event, eventSize),
		done: make(chan struct{}), gone: make(chan struct{}),
	}
}

// ID is the Call-ID.
func (s *session) ID() string { return s.id }

// Done is closed when the call is over, whoever ended it.
func (s *session) Done() <-chan struct{} { return s.done }

// Events carries what happens in the call. It is bounded: events that nobody takes are dropped and counted. It is closed
// when the call is over.
func (s *session) Events() <-chan Event { return s.events }

// Cause says how the call ended; its zero value until Done is closed.
func (s *session) Cause() Cause {
	select {
	case <-s.done:
		return s.cause
	default:
		return Cause{}
	}
}

// AnsweredAt is when the 200 OK was sent or came; zero before.
func (s *session) AnsweredAt() time.Time {
	if t := s.answeredAt.Load(); t != nil {
		return *t
	}
	return time.Time{}
}

// run executes the steps of the call until it is finished.
func (s *session) run() {
	for !s.finished {
		(<-s.inbox)()
	}
	s.unlink()
	s.stopPending()
	close(s.gone)
	s.tasks.Wait()
	for {
		select {
		case step := <-s.inbox:
			step() // such as a request that came in the last moment: it gets its 481
		default:
			return
		}
	}
}

// post hands a step to run. It reports false where the call is gone.
func (s *session) post(step func()) bool {
	select {
	case <-s.gone:
		return false
	default:
	}
	select {
	case s.inbox <- step:
		return true
	case <-s.gone:
		return false
	}
}

// tryPost is post for the readers of sockets, which must not wait.
func (s *session) tryPost(step func()) bool {
	select {
	case s.inbox <- step:
		return true
	default:
		return false
	}
}

// after posts a step later.
func (s *session) after(d time.Duration, step func()) *time.Timer {
	return time.AfterFunc(d, func() { s.post(step) })
}

func (s *session) emit(e Event) {
	if s.over {
		return
	}
	e.At = time.Now()
	select {
	case s.events <- e:
	default:
		s.ep.count.eventsLost.Add(1)
	}
}

// link registers the dialog, so that requests find it.
func (s *session) link(d dialog) {
	s.dialog, s.linked = d, true
	s.ep.mu.Lock()
	s.ep.dialogs[d.id] = s
	s.ep.mu.Unlock()
}

func (s *session) unlink() {
	if s.linked {
		s.ep.mu.Lock()
		delete(s.ep.dialogs, s.dialog.id)
		s.ep.mu.Unlock()
		s.linked = false
	}
}

// dialog finds the call that a request within a dialog belongs to.
func (ep *endpoint) dialog(req *siplib.Request) *session {
	id := dialogID{
		callID: req.CallID().Value(), localTag: tagOf(req.To().Params), remoteTag: tagOf(req.From().Params),
	}
	ep.mu.Lock()
	defer ep.mu.Unlock()
	return ep.dialogs[id]
}

// openMedia takes RTP ports and starts to listen. Events of the stream become ours.
func (s *session) openMedia(local netip.Addr) error {
	var formats []rtp.Format
	for _, c := range s.media.codecs {
		formats = append(formats, rtp.Default(c))
	}
	session, err := rtp.NewSession(rtp.SessionConfig{
		Ports: s.media.ports, Local: s.media.bind, Formats: formats, Timeout: s.media.timeout, Totals: s.media.totals,
	})
	if err != nil {
		return fmt.Errorf("sip: open media: %w", err)
	}
	s.rtp = session
	s.sdp.Local = sdp.Local{Addr: local, Port: session.LocalPort(), Codecs: s.media.codecs, SessionID: newNumber()}
	s.tasks.Go(func() {
		for e := range session.Events() {
			if !s.tryPost(func() { s.mediaEvent(e) }) {
				s.ep.count.eventsLost.Add(1)
			}
		}
	})
	return nil
}

func (s *session) mediaEvent(e rtp.Event) {
	switch e.Kind {
	case rtp.EventTimeout:
		s.emit(Event{Kind: EventMediaLost})
	case rtp.EventResumed:
		s.emit(Event{Kind: EventMediaBack})
	case rtp.EventDigit:
		s.emit(Event{Kind: EventDigit, Digit: e.Digit.Rune})
	case rtp.EventBye:
		// The BYE of RTCP ends a source, not the call (RFC 3550 §6.6): SIP's own follows.
	}
}

// agree makes the outcome of an offer and answer hold.
func (s *session) agree(next sdp.State) error {
	if err := s.rtp.SetRemote(next.Agreed.Remote); err != nil {
		return fmt.Errorf("sip: set media: %w", err)
	}
	held := s.sdp.Agreed.Held
	s.sdp = next
	if next.Agreed.Held != held {
		kind := EventResumed
		if next.Agreed.Held {
			kind = EventHeld
		}
		s.emit(Event{Kind: kind})
	}
	return nil
}

// end makes the call over for its owner: media stops now, what SIP still has to say goes on behind.
func (s *session) end(cause Cause) {
	if s.over {
		return
	}
	s.emit(Event{Kind: EventEnded, Cause: cause})
	s.over, s.cause = true, cause
	s.expiry.stop()
	if s.rtp != nil {
		if err := s.rtp.Close(); err != nil {
			s.log.Warn("closing media failed", "error", err)
		}
	}
	close(s.events)
	close(s.done)
}

// hangUp ends an answered call from our side. RFC 3261 §15: whoever answered may not say BYE before the ACK came, or was
// waited for in vain.
func (s *session) hangUp(cause Cause) {
	s.end(cause)
	if !s.acked {
		s.byeDue = true
		return
	}
	s.bye()
}

// bye says BYE and finishes with its answer, or without one after 64·T1.
func (s *session) bye() {
	s.stopPending()
	s.byeDue = false
	s.ask(siplib.BYE, nothing, func(reply) { s.finished = true })
}

// sendWithin sends a request within a dialog that is not the call's own, and calls finish with its final answer, or its failure.
func sendWithin(ep *endpoint, d *dialog, method siplib.RequestMethod, seq uint32, finish func()) {
	ctx, cancel := context.WithTimeout(ep.ctx, streamDial)
	defer cancel()
	f, err := d.way(ctx)
	if err != nil {
		ep.count.unsent.Add(1)
		finish()
		return
	}
	req := d.request(method, seq)
	req.PrependHeader(newVia(f))
	ep.request(req, f, func(res *siplib.Response) {
		if !res.IsProvisional() {
			finish()
		}
	}, func(error) { finish() })
}
