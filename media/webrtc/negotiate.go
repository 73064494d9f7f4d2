package webrtc

import (
	"context"
	"fmt"
	"sync"

	"github.com/pion/sdp/v3"
	pion "github.com/pion/webrtc/v4"
)

// Bounds on what the other side may send.
const (
	maxDescription = 64 << 10 // bytes of an SDP
	maxCandidate   = 1 << 10  // bytes of a candidate
	maxCandidates  = 100      // before a description, or of one connection
)

// Candidate is one ICE candidate; one with an empty string ends them.
type Candidate struct {
	Candidate     string
	SDPMid        *string
	SDPMLineIndex *uint16
}

// Offer gives our offer: one audio section, sendrecv.
func (p *Peer) Offer(ctx context.Context) (offer string, err error) { return p.offer(ctx, nil) }

// RestartICE gives an offer that looks for a new path for the same connection (RFC 8445 §9). While an earlier offer
// waits for its answer, both give that one again.
func (p *Peer) RestartICE(ctx context.Context) (offer string, err error) {
	return p.offer(ctx, &pion.OfferOptions{ICERestart: true})
}

func (p *Peer) offer(ctx context.Context, options *pion.OfferOptions) (string, error) {
	p.negotiating.Lock()
	defer p.negotiating.Unlock()
	if p.isClosed() {
		return "", ErrClosed
	}
	if d := p.pc.PendingLocalDescription(); d != nil {
		// The last offer was never answered; perhaps it got lost. It still stands, with the candidates found since.
		return d.SDP, nil
	}
	d, err := p.pc.CreateOffer(options)
	if err != nil {
		return "", fmt.Errorf("webrtc: offer: %w", err)
	}
	return p.setLocal(ctx, d)
}

// Answer takes the other side's answer to our last offer.
func (p *Peer) Answer(answer string) error {
	p.negotiating.Lock()
	defer p.negotiating.Unlock()
	return p.setRemote(pion.SDPTypeAnswer, answer)
}

// Accept takes the other side's offer, the first or a later one, and gives our answer.
func (p *Peer) Accept(ctx context.Context, offer string) (answer string, err error) {
	p.negotiating.Lock()
	defer p.negotiating.Unlock()
	if err := p.setRemote(pion.SDPTypeOffer, offer); err != nil {
		return "", err
	}
	d, err := p.pc.CreateAnswer(nil)
	if err != nil {
		return "", fmt.Errorf("%w: %w", ErrDescription, err) // such as two tracks in one section
	}
	return p.setLocal(ctx, d)
}

func (p *Peer) isClosed() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.closed
}

// setLocal applies our description and gives its text.
func (p *Peer) setLocal(ctx context.Context, d pion.SessionDescription) (string, error) {
	gathered := pion.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(d); err != nil {
		return "", fmt.Errorf("webrtc: local description: %w", err)
	}
	if err := p.useFormats(); err != nil {
		return "", err
	}
	if p.trickle {
		return d.SDP, nil
	}
	select {
	case <-gathered:
		return p.pc.LocalDescription().SDP, nil
	case <-ctx.Done():
		return "", fmt.Errorf("webrtc: gather candidates: %w", context.Cause(ctx))
	}
}

// setRemote checks the other side's description, applies it, and then the candidates that came before it.
func (p *Peer) setRemote(kind pion.SDPType, text string) error {
	if p.isClosed() {
		return ErrClosed
	}
	if err := checkDescription(text); err != nil {
		return err
	}
	if err := p.pc.SetRemoteDescription(pion.SessionDescription{Type: kind, SDP: text}); err != nil {
		return fmt.Errorf("%w: %w", ErrDescription, err)
	}
	if err := p.useFormats(); err != nil {
		return err
	}
	for _, c := range p.early.release() {
		if err := p.add(c); err != nil {
			p.log.Debug("early candidate refused", "error", err)
		}
	}
	return nil
}

// checkDescription refuses what pion would take and then not do: no audio, or audio that is switched off.
func checkDescription(text string) error {
	if len(text) > maxDescription {
		return fmt.Errorf("%w: %d bytes", ErrDescription, len(text))
	}
	var d sdp.SessionDescription
	if err := d.UnmarshalString(text); err != nil {
		return fmt.Errorf("%w: %w", ErrDescription, err)
	}
	for _, m := range d.MediaDescriptions {
		if m.MediaName.Media == "audio" {
			if m.MediaName.Port.Value == 0 { // RFC 3264 §6: the stream is refused
				return fmt.Errorf("%w: the audio is refused", ErrDescription)
			}
			return nil
		}
	}
	return fmt.Errorf("%w: no audio", ErrDescription)
}

// useFormats tells the receiver what may arrive, numbered as our own description numbers it.
func (p *Peer) useFormats() error {
	for _, t := range p.pc.GetTransceivers() {
		r := t.Receiver()
		if t.Kind() != pion.RTPCodecTypeAudio || r == nil {
			continue
		}
		f := formats(r.GetParameters().Codecs)
		if len(f) == 0 {
			return fmt.Errorf("%w: no codec in common", ErrDescription)
		}
		if err := p.receiver.SetFormats(f, 0); err != nil {
			return fmt.Errorf("webrtc: receiver: %w", err)
		}
	}
	return nil
}

// AddCandidate takes one of the other side's candidates; those that come before its description are kept for it.
func (p *Peer) AddCandidate(c Candidate) error {
	if len(c.Candidate) > maxCandidate {
		return fmt.Errorf("%w: %d bytes", ErrCandidate, len(c.Candidate))
	}
	if p.isClosed() {
		return ErrClosed
	}
	if keep, err := p.early.keep(c); keep || err != nil {
		return err
	}
	return p.add(c)
}

func (p *Peer) add(c Candidate) error {
	err := p.pc.AddICECandidate(pion.ICECandidateInit{
		Candidate: c.Candidate, SDPMid: c.SDPMid, SDPMLineIndex: c.SDPMLineIndex,
	})
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCandidate, err)
	}
	return nil
}

// earlyCandidates keeps what comes before the description that it belongs to, and counts what comes at all.
type earlyCandidates struct {
	mu       sync.Mutex
	kept     []Candidate
	released bool
	count    int
}

// keep reports whether c was kept.
func (e *earlyCandidates) keep(c Candidate) (bool, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.count++
	if e.count > maxCandidates {
		return false, fmt.Errorf("%w: more than %d", ErrCandidate, maxCandidates)
	}
	if e.released {
		return false, nil
	}
	e.kept = append(e.kept, c)
	return true, nil
}

// release gives what was kept; from now on nothing is.
func (e *earlyCandidates) release() []Candidate {
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := e.kept
	e.kept, e.released, e.count = nil, true, 0
	return kept
}
