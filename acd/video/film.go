package video

import (
	"time"

	"patchbay/acd"
)

// began is when the interaction's time axis begins; called by any goroutine.
func (in *interaction) began() time.Time {
	if ms := in.zero.Load(); ms != 0 {
		return time.UnixMilli(ms)
	}
	return time.Time{}
}

// filming keeps the picture while the call is recorded, and not otherwise: not in a pause, not in a sensitive stretch, not where the
// customer has refused.
func (s *Sessions) filming(in *interaction) {
	v := in.session
	if v == nil || v.ended() || v.film == nil {
		return
	}
	on := (in.recording == "on" || in.recording == "failed") && !in.sensitive
	if v.filmed != on || v.fresh {
		v.film.Pause(!on)
		v.filmed, v.fresh = on, false
		s.tellAll(v)
	}
}

// willFilm says whether what the guest of a session shows will be kept, be it later on.
func (s *Sessions) willFilm(v *session) bool {
	in := s.interactions[v.interaction]
	if in == nil || s.cfg.Films == nil || v.ended() {
		return false
	}
	if in.channel == acd.ChannelVideo && in.recording == "off" { // it begins with the guest's consent
		return in.rule != acd.RecordingOff
	}
	return in.recording == "on" || in.recording == "paused" || in.recording == "failed"
}

// filmOf is what keeps a participant's picture: the guest's alone is kept.
func (s *Sessions) filmOf(p *seat) Film {
	if p.role != RoleGuest {
		return nil
	}
	return p.session.film
}
