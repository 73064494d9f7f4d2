package video

import "strings"

// Leave says that the browser is gone. It may come back; its picture goes on for as long as its own connection does.
func (t *Seat) Leave() {
	t.s.post(func() {
		p := t.p
		if p.conn != t.conn {
			return // another connection of the browser has taken over
		}
		p.conn = nil
		t.s.event(p.session, "video_leave", p.id, map[string]any{"role": p.role})
		if p.role != RoleGuest {
			t.s.closeMember(p)
		}
		t.s.shareChanged(p.session)
	})
}

// unseat takes an agent off who no longer has the call: the guest shows nothing to somebody who has left. A supervisor, who may
// watch any session, keeps the seat that was taken as one.
func (s *Sessions) unseat(in *interaction, userID string) {
	v := in.session
	if v == nil {
		return
	}
	p := v.seat(userSeat + userID)
	if p == nil || p.role != RoleAgent || p.conn == nil {
		return
	}
	s.takeOff(p)
}

// takeOff ends what somebody sees who may see no more.
func (s *Sessions) takeOff(p *seat) {
	conn := p.conn
	p.conn = nil // what it still sends is not taken
	s.event(p.session, "video_leave", p.id, map[string]any{"role": p.role})
	s.closeMember(p)
	conn.Close("not your call")
	s.shareChanged(p.session)
}

// strayed says that a supervisor watches a call that is no longer, or not any more, of a queue of theirs.
func (s *Sessions) strayed(p *seat) bool {
	return p.role == RoleSupervisor && p.conn != nil && s.cfg.MayWatch != nil && !s.cfg.MayWatch(strings.TrimPrefix(p.id, userSeat), p.session.interaction)
}
