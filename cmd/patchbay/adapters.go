package main

import (
	"context"
	"log/slog"

	"patchbay/acd"
	"patchbay/agentui"
	"patchbay/agentui/wire"
	"patchbay/media"
	"patchbay/media/webrtc"
	"patchbay/sip"
)

// customerPhone is a SIP call as the contact centre sees it.
type customerPhone struct{ call *sip.Call }

var (
	_ acd.CustomerPhone = customerPhone{}
	_ acd.Ender         = customerPhone{}
)

func (p customerPhone) ID() string            { return p.call.ID() }
func (p customerPhone) From() string          { return p.call.From() }
func (p customerPhone) To() string            { return p.call.To() }
func (p customerPhone) HangUp()               { p.call.HangUp() }
func (p customerPhone) Done() <-chan struct{} { return p.call.Done() }

// Vanished implements acd.Ender.
func (p customerPhone) Vanished() bool { return vanished(p.call.Cause()) }

// vanished tells an end that nobody hung up.
func vanished(c sip.Cause) bool {
	return c.Outcome == sip.OutcomeExpired || c.Outcome == sip.OutcomeNoACK || c.Outcome == sip.OutcomeFailed
}

func (p customerPhone) Answer(ctx context.Context) (media.Leg, error) { return p.call.Answer(ctx) }

func (p customerPhone) Refuse(r acd.RefuseReason) {
	switch r {
	case acd.RefuseNoSuchNumber:
		p.call.Refuse(404, "Not Found")
	case acd.RefuseBusy:
		p.call.Refuse(486, "Busy Here")
	default:
		p.call.Refuse(503, "Service Unavailable")
	}
}

// takeCalls gives the SIP server's calls to the contact centre. What happens inside a call is the centre's business only
// where somebody must act on it: a far end that holds or falls silent still is a customer on the line.
func takeCalls(center *acd.Center, log *slog.Logger) func(*sip.Call) {
	return func(call *sip.Call) {
		call.Ring()
		center.Incoming(customerPhone{call})
		for e := range call.Events() {
			log.Debug("call event", "call", call.ID(), "event", e.Kind.String())
			if e.Kind == sip.EventDigit {
				center.Pressed(customerPhone{call}, e.Digit)
			}
		}
		<-call.Done()
	}
}

// phones makes browsers' phones of media/webrtc.
type phones struct {
	api *webrtc.API
	log *slog.Logger
}

var _ agentui.Phones = phones{}

func (p phones) NewPeer(cfg agentui.PeerConfig) (agentui.Peer, error) {
	peer, err := p.api.NewPeer(webrtc.PeerConfig{
		Log:     p.log,
		OnState: func(s webrtc.State) { cfg.OnState(agentui.PeerState(s)) },
		OnCandidate: func(c webrtc.Candidate) {
			cfg.OnCandidate(wire.Candidate{Candidate: c.Candidate, SDPMid: c.SDPMid, SDPMLineIndex: c.SDPMLineIndex})
		},
	})
	if err != nil {
		return nil, err
	}
	return browserPhone{peer}, nil
}

// browserPhone is a Peer whose candidates are written as on the wire.
type browserPhone struct{ *webrtc.Peer }

func (p browserPhone) AddCandidate(c wire.Candidate) error {
	return p.Peer.AddCandidate(webrtc.Candidate{Candidate: c.Candidate, SDPMid: c.SDPMid, SDPMLineIndex: c.SDPMLineIndex})
}
