package agentui

import (
	"context"
	"log/slog"
	"maps"
	"slices"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"patchbay/acd"
	"patchbay/agentui/wire"
)

const (
	ownerGrace      = 10 * time.Second // the owner's tab reloads or its network blinks
	disconnectGrace = 2 * time.Second  // of a PeerConnection that may come back by itself
	connectTimeout  = 15 * time.Second // from our offer to sound
	restartTimeout  = 10 * time.Second // from an ICE restart to sound
	signalTimeout   = 5 * time.Second  // for local work on a PeerConnection
)

var (
	errNotOwner     = &acd.Error{Code: "not_owner", Message: "Another tab has the phone. Choose “Use here” to move it to this one."}
	errWatcher      = &acd.Error{Code: "watcher", Message: "A connection without a tab_id only watches: it has no phone."}
	errPhoneBusy    = &acd.Error{Code: "too_many", Message: "The phone was started too often. Wait a moment."}
	errPhoneFailed  = &acd.Error{Code: "phone_failed", Message: "The phone could not be started. Reload the page."}
	errBadSignal    = &acd.Error{Code: "bad_signal", Message: "The browser's description of its phone could not be used."}
	errShuttingDown = &acd.Error{Code: "shutting_down", Message: "The server is stopping."}
)

// phone is one agent's: the tabs, which of them has the phone, and its PeerConnections. An actor: all but the first block
// of fields belongs to run.
type phone struct {
	phones  *phones
	agentID string
	log     *slog.Logger
	in      chan func()
	done    chan struct{} // closed when run has ended

	tabs    map[string]*socket // live, by tab id
	owner   string             // tab id; "" for none
	absence *time.Timer        // runs while the owner's tab is away
	gen     uint32             // of the newest line
	current *line              // carries the sound, or did last
	next    *line              // is being connected to take current's place
	lost    bool               // there was a line, and it failed
	starts  *rate.Limiter
	closers sync.WaitGroup
}

// line is one PeerConnection.
type line struct {
	peer      Peer
	gen       uint32
	state     PeerState
	attached  bool // the contact centre has it
	restarted bool // by ICE, since it was last connected
	timer     *time.Timer
	gone      chan struct{} // closed before peer is closed, so that its callbacks never wait for us while we wait for them
}

func (p *phone) run() {
	defer close(p.done)
	for {
		select {
		case f := <-p.in:
			f()
		case <-p.phones.ctx.Done():
			p.stop(p.absence)
			p.drop(p.next)
			p.drop(p.current)
			p.closers.Wait()
			return
		}
	}
}

// do runs f in the actor and waits for it.
func (p *phone) do(f func() error) error {
	if p == nil {
		return errShuttingDown
	}
	result := make(chan error, 1)
	if !p.post(func() { result <- f() }, nil) {
		return errShuttingDown
	}
	select {
	case err := <-result:
		return err
	case <-p.done:
		return errShuttingDown
	}
}

// post has f run in the actor later, unless the actor or gone ends before there is room.
func (p *phone) post(f func(), gone <-chan struct{}) bool {
	select {
	case p.in <- f:
		return true
	case <-p.done:
	case <-gone:
	}
	return false
}

// after posts f when d has passed.
func (p *phone) after(d time.Duration, f func()) *time.Timer {
	return time.AfterFunc(d, func() { p.post(f, nil) })
}

func (p *phone) stop(t *time.Timer) {
	if t != nil {
		t.Stop()
	}
}

func (p *phone) join(k *socket) {
	tab := k.stream.tabID
	p.tabs[tab] = k
	switch {
	case p.owner == tab:
		p.stop(p.absence)
		p.absence = nil
		if p.next != nil { // its signalling is lost: the browser starts again
			p.fail(p.next)
		}
	case p.owner == "" || p.tabs[p.owner] == nil:
		p.take(tab) // a new tab takes over from one that is away; an old one waits until it is certain
	}
	p.phones.center.Connected(p.agentID, p.phones.hub.tabs(p.agentID))
	p.tell()
}

func (p *phone) leave(k *socket) {
	if tab := k.stream.tabID; p.tabs[tab] == k {
		delete(p.tabs, tab)
		if p.owner == tab {
			p.absence = p.after(ownerGrace, func() { p.ownerGone(tab) })
		}
	}
	p.phones.center.Connected(p.agentID, p.phones.hub.tabs(p.agentID))
}

// ownerGone ends the phone of a tab that did not come back, and gives it to another.
func (p *phone) ownerGone(tab string) {
	if p.owner != tab || p.tabs[tab] != nil {
		return
	}
	p.owner, p.absence = "", nil
	p.lost = p.lost || p.current != nil || p.next != nil
	p.drop(p.next)
	p.drop(p.current)
	if others := slices.Sorted(maps.Keys(p.tabs)); len(others) > 0 {
		p.take(others[0])
	}
	p.tell()
}

// take makes a tab the owner. The line of the former owner is kept until the new one's is connected.
func (p *phone) take(tab string) {
	p.stop(p.absence)
	p.owner, p.absence = tab, nil
	p.drop(p.next)
}

func (p *phone) useHere(k *socket) {
	if p.owner != k.stream.tabID {
		p.take(k.stream.tabID)
		p.tell()
	}
}

// tell shows every tab how the phone is.
func (p *phone) tell() {
	state := "none"
	switch l := p.newest(); {
	case l == nil && p.lost:
		state = "failed"
	case l == nil:
	case l.state == PeerConnected || l.state == PeerDisconnected && l.attached:
		state = "connected"
	default:
		state = "connecting"
	}
	for tab, k := range p.tabs {
		p.phones.hub.setPhone(k.stream, wire.Phone{Owner: tab == p.owner, Taken: tab != p.owner && p.owner != "", State: state})
	}
}

func (p *phone) newest() *line {
	if p.next != nil {
		return p.next
	}
	return p.current
}

// start makes a new line and offers it to the owner's tab.
func (p *phone) start(ctx context.Context, k *socket, restart bool) error {
	if p.owner != k.stream.tabID {
		return errNotOwner
	}
	if !p.starts.Allow() {
		return errPhoneBusy
	}
	p.drop(p.next)
	if restart {
		p.drop(p.current)
	}
	p.gen++
	l := &line{gen: p.gen, state: PeerConnecting, gone: make(chan struct{})}
	peer, err := p.phones.make.NewPeer(PeerConfig{
		OnCandidate: func(c wire.Candidate) { p.post(func() { p.ourCandidate(l, c) }, l.gone) },
		OnState:     func(s PeerState) { p.post(func() { p.changed(l, s) }, l.gone) },
	})
	if err != nil {
		p.log.Error("phone not made", "error", err)
		return errPhoneFailed
	}
	l.peer = peer
	p.next = l
	sdp, err := peer.Offer(ctx)
	if err != nil {
		p.log.Error("phone not offered", "error", err)
		p.fail(l)
		return errPhoneFailed
	}
	k.send("rtc_offer", wire.Description{SDP: sdp, Gen: l.gen})
	l.timer = p.after(connectTimeout, func() { p.timedOut(l) })
	p.tell()
	return nil
}

// of finds the line that a browser's message is about; nil for an older one.
func (p *phone) of(k *socket, gen uint32) *line {
	if l := p.newest(); l != nil && l.gen == gen && p.owner == k.stream.tabID {
		return l
	}
	return nil
}

func (p *phone) answer(k *socket, v wire.Description) error {
	l := p.of(k, v.Gen)
	if l == nil {
		return nil
	}
	if err := l.peer.Answer(v.SDP); err != nil {
		p.log.Warn("browser's answer refused", "error", err)
		p.fail(l)
		return errBadSignal
	}
	return nil
}

func (p *phone) candidate(k *socket, v wire.Candidate) error {
	l := p.of(k, v.Gen)
	if l == nil {
		return nil
	}
	if err := l.peer.AddCandidate(v); err != nil {
		return errBadSignal // one bad candidate among good ones loses nothing
	}
	return nil
}

func (p *phone) ourCandidate(l *line, c wire.Candidate) {
	if k := p.tabs[p.owner]; k != nil && l == p.newest() {
		c.Gen = l.gen
		k.send("rtc_candidate", c)
	}
}

// changed follows the state of a PeerConnection.
func (p *phone) changed(l *line, state PeerState) {
	if l != p.next && l != p.current {
		return
	}
	l.state = state
	switch state {
	case PeerConnected:
		p.stop(l.timer)
		l.restarted = false
		if l == p.next {
			old := p.current
			p.current, p.next = l, nil
			p.attach(l) // before the old one is taken away: the call goes from line to line without a gap
			p.drop(old)
		} else {
			p.attach(l)
		}
		p.lost = false
	case PeerDisconnected:
		p.stop(l.timer)
		l.timer = p.after(disconnectGrace, func() { p.stillDisconnected(l) })
	case PeerFailed:
		p.restart(l)
		return
	case PeerClosed:
		p.fail(l)
		return
	}
	p.tell()
}

func (p *phone) stillDisconnected(l *line) {
	if l == p.current && l.state == PeerDisconnected {
		p.detach(l)
		p.tell()
	}
}

// restart looks for a new path for the same PeerConnection, once: the browser keeps its own, and its microphone.
func (p *phone) restart(l *line) {
	k := p.tabs[p.owner]
	if l == p.next || l.restarted || k == nil {
		p.fail(l)
		return
	}
	p.detach(l)
	l.restarted = true
	ctx, cancel := context.WithTimeout(p.phones.ctx, signalTimeout)
	defer cancel()
	sdp, err := l.peer.RestartICE(ctx)
	if err != nil {
		p.fail(l)
		return
	}
	p.stop(l.timer)
	l.timer = p.after(restartTimeout, func() { p.timedOut(l) })
	if p.next == nil {
		k.send("rtc_offer", wire.Description{SDP: sdp, Gen: l.gen})
	}
	p.tell()
}

func (p *phone) timedOut(l *line) {
	if (l == p.next || l == p.current) && l.state != PeerConnected {
		p.fail(l)
	}
}

// fail gives a line up and says so. With a new line goes the one that it was to replace: its page is gone.
func (p *phone) fail(l *line) {
	p.lost = true
	if l == p.next {
		p.drop(p.current)
	}
	p.drop(l)
	p.tell()
}

// drop ends a line, if it is one.
func (p *phone) drop(l *line) {
	if l == nil {
		return
	}
	if p.next == l {
		p.next = nil
	}
	if p.current == l {
		p.current = nil
	}
	p.detach(l)
	p.close(l)
}

// close ends the PeerConnection beside the actor: it waits for callbacks that wait for the actor.
func (p *phone) close(l *line) {
	p.stop(l.timer)
	close(l.gone)
	p.closers.Go(func() {
		if err := l.peer.Close(); err != nil {
			p.log.Warn("phone not closed cleanly", "error", err)
		}
	})
}

func (p *phone) attach(l *line) {
	if !l.attached {
		l.attached = true
		p.phones.center.AttachPhone(p.agentID, l.peer)
	}
}

func (p *phone) detach(l *line) {
	if l.attached {
		l.attached = false
		p.phones.center.DetachPhone(p.agentID, l.peer)
	}
}
