package video

import (
	"context"
	"time"

	"patchbay/acd"
)

// voice is the guest's sound in the browser. Owned by Sessions.run.
type voice struct {
	conn   Voice  // nil: none
	gen    uint32 // of conn: what belongs to an older one is void
	state  string // "" (none), "connecting", "browser" or "lost"
	phone  *guestPhone
	heard  uint64    // packets at the last look
	came   time.Time // when they were last more
	sounds bool      // the first packet has come
}

// guestPhone is a voice as the contact centre has it.
type guestPhone struct {
	Voice
	hangUp func()
}

var _ acd.GuestPhone = (*guestPhone)(nil)

// HangUp implements acd.GuestPhone.
func (g *guestPhone) HangUp() { g.hangUp() }

// voiceState is RoomState.Voice.
func (s *Sessions) voiceState(v *session) string {
	p := v.seat(RoleGuest)
	switch {
	case p != nil && p.voice.state != "":
		return p.voice.state // also of one that goes on without the picture
	case s.cfg.Voices == nil || v.ended():
		return ""
	case v.onPhone:
		return "phone"
	}
	return "none"
}

// startVoice makes a connection for the guest's voice and offers it. The voice goes into the call once its sound comes.
func (s *Sessions) startVoice(p *seat) {
	v := p.session
	if p.role != RoleGuest || s.cfg.Voices == nil || v.ended() || !p.starts.Allow() {
		p.conn.Send("refused", Refused{"no_voice"})
		return
	}
	s.closeVoice(p, true)
	gen := p.voice.gen
	p.voice.state = "connecting"
	current := func(f func()) func() {
		return func() {
			s.post(func() {
				if p.voice.gen == gen && p.voice.conn != nil {
					f()
				}
			})
		}
	}
	cfg := VoiceConfig{
		OnSound: current(func() { s.voiceSounds(p) }),
		OnState: func(state string) {
			switch state {
			case "disconnected":
				current(func() { s.voiceLost(p) })()
			case "failed", "closed":
				current(func() {
					s.closeVoice(p, true)
					p.voice.state = "lost"
					s.tellAll(v)
				})()
			}
		},
	}
	s.tellAll(v)
	s.ending.Go(func() {
		ctx, cancel := context.WithTimeout(s.lifetime, offerLimit)
		defer cancel()
		conn, err := s.cfg.Voices.NewVoice(cfg)
		var offer string
		if err == nil {
			offer, err = conn.Offer(ctx)
		}
		kept := s.post(func() {
			switch {
			case err != nil:
				s.log.Warn("connection for a guest's voice not made", "session", v.id, "err", err)
				if p.voice.gen == gen {
					p.voice.state = "lost"
					s.tellAll(v)
				}
			case p.voice.gen != gen || v.ended() || p.conn == nil:
			default:
				p.voice.conn = conn
				p.conn.Send("voice_offer", Description{SDP: offer, Gen: gen})
				return
			}
			if conn != nil {
				s.ending.Go(func() { _ = conn.Close() })
			}
		})
		if !kept && conn != nil {
			_ = conn.Close()
		}
	})
}

func (s *Sessions) voiceAnswered(p *seat, d Description) {
	conn := p.voice.conn
	if conn == nil || d.Gen != p.voice.gen {
		return
	}
	s.ending.Go(func() {
		if err := conn.Answer(d.SDP); err != nil {
			s.log.Warn("answer of a guest's voice refused", "session", p.session.id, "err", err)
			s.post(func() {
				if p.voice.conn == conn {
					s.closeVoice(p, true)
					p.voice.state = "lost"
					s.tellAll(p.session)
				}
			})
		}
	})
}

// voiceSounds puts the voice into the call.
func (s *Sessions) voiceSounds(p *seat) {
	b := &p.voice
	if b.state == "browser" {
		return
	}
	if b.phone == nil {
		gen := b.gen
		b.phone = &guestPhone{b.conn, func() {
			s.post(func() {
				if p.voice.gen == gen {
					s.stopVoice(p)
				}
			})
		}}
	}
	b.sounds, b.state, b.heard = true, "browser", b.conn.Received()
	b.came = time.Now()
	s.cfg.Centre().GuestOn(p.session.interaction, b.phone)
	s.tellAll(p.session)
}

// voiceLost takes the voice out of the call for now: the telephone, where there is one, is spoken at again.
func (s *Sessions) voiceLost(p *seat) {
	if b := &p.voice; b.state == "browser" {
		b.state = "lost"
		s.cfg.Centre().GuestOff(p.session.interaction, b.phone, true)
		s.tellAll(p.session)
	}
}

// listen looks once a second whether the guest's voice still comes: a network that is gone is noticed by the connection only
// after many seconds.
func (s *Sessions) listen(p *seat) {
	b := &p.voice
	if b.conn == nil || !b.sounds {
		return
	}
	now := b.conn.Received()
	grown := now > b.heard
	b.heard = now
	if grown {
		b.came = time.Now()
	}
	switch {
	case !grown && time.Since(b.came) >= housekeep:
		s.voiceLost(p)
	case !grown:
	case b.state == "lost":
		s.voiceSounds(p)
	}
}

// stopVoice goes back to the telephone, or says no more.
func (s *Sessions) stopVoice(p *seat) {
	if p.role == RoleGuest {
		s.closeVoice(p, false)
		s.tellAll(p.session)
	}
}

// closeVoice takes the voice out of the call and ends its connection, beside Run. lost: it may come back.
func (s *Sessions) closeVoice(p *seat, lost bool) {
	b := &p.voice
	conn, phone := b.conn, b.phone
	*b = voice{gen: b.gen + 1}
	if conn == nil {
		return
	}
	if phone != nil {
		s.cfg.Centre().GuestOff(p.session.interaction, phone, lost)
	}
	s.ending.Go(func() { _ = conn.Close() })
}

// talks says whether the guest speaks in the browser, be it that the sound is away for a moment.
func (v *session) talks() bool {
	p := v.seat(RoleGuest)
	return p != nil && p.voice.conn != nil
}
