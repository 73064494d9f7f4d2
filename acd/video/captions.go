package video

import (
	"patchbay/acd"
	"patchbay/store"
)

// captionOf gives what an agent says, of what an interaction publishes.
func captionOf(data any) (Caption, bool) {
	switch v := data.(type) {
	case acd.Partial:
		return Caption{Text: v.Text}, v.Speaker == "agent" && v.Text != ""
	case store.Line:
		return Caption{Text: v.Text, Final: true}, v.Speaker == "agent"
	}
	return Caption{}, false
}

// caption shows the agent's words over the guest's picture. A supervisor's whisper is published as another speaker's, so it never
// comes here.
func (s *Sessions) caption(interactionID string, c Caption) {
	in := s.interactions[interactionID]
	if in == nil || in.private || in.session == nil || in.session.ended() || !in.session.captions {
		return
	}
	if p := in.session.seat(RoleGuest); p != nil && p.conn != nil {
		p.conn.Send("caption", c)
	}
}
