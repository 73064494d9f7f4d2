package video

import (
	"bytes"
	"context"
	"image/jpeg"
	"time"

	"patchbay/acd"
)

// MaxStill bounds a still, in bytes: 12 megapixels of a phone's JPEG have some five.
const MaxStill = 12 << 20

const closePatience = 2 * time.Second // of a film, with connections that do not close

const freezePatience = 12 * time.Second // a still in full resolution over a weak network

// freeze asks the guest's browser for a still.
func (s *Sessions) freeze(v *session, p *seat) {
	g := v.seat(RoleGuest)
	if v.frozen != nil || v.freezing != "" || g == nil || g.conn == nil || !v.isShared() {
		return
	}
	id, _ := randomToken()
	v.freezing, v.askedBy, v.freezeAt = id[:11], p.id, time.Now()
	g.conn.Send("capture", Capture{v.freezing})
	s.tellAll(v)
}

// unfreeze goes back to the live picture and what was drawn on it.
func (s *Sessions) unfreeze(v *session) {
	v.freezing = ""
	if v.frozen != nil {
		s.keepDrawings(v)
		epoch := v.board.Epoch + 1
		v.board, v.live = v.live, Board{}
		v.board.Epoch = epoch
		v.frozen, v.still = nil, nil
		s.tellBoard(v)
	}
	s.tellAll(v)
}

// Refusals of stills.
var (
	errNotAsked = &acd.Error{Code: "not_asked", Message: "This still was not asked for, or comes too late."}
	errNoJPEG   = &acd.Error{Code: "bad_picture", Message: "A still is a JPEG picture."}
)

// Still takes the still that the guest's browser was asked for. Everybody sees it in place of the live picture then.
func (s *Sessions) Still(ctx context.Context, token, cookie, id string, picture []byte) error {
	size, err := jpeg.DecodeConfig(bytes.NewReader(picture)) // the header only
	if err != nil || size.Width < 1 || size.Height < 1 || size.Width > 16384 || size.Height > 16384 {
		return errNoJPEG
	}
	return s.ask(ctx, func() error {
		l, err := s.find(token, cookie)
		if err != nil {
			return err
		}
		v := l.session
		if l.cookie == nil || l.role != RoleGuest {
			return ErrUnknown
		}
		if v.ended() || id == "" || id != v.freezing {
			return errNotAsked
		}
		v.freezing = ""
		v.frozen = &Frozen{ID: id, By: v.askedBy, At: time.Now(), Width: size.Width, Height: size.Height}
		v.still = picture
		v.live = v.board
		v.board = Board{Epoch: v.live.Epoch + 1}
		s.event(v, "video_frozen", v.askedBy, map[string]any{"width": size.Width, "height": size.Height})
		s.tellAll(v)
		s.tellBoard(v)
		return nil
	})
}

// Frozen gives the frozen picture with that id to an agent who has the call, or to a supervisor.
func (s *Sessions) Frozen(ctx context.Context, interactionID, userID string, supervisor bool, id string) (picture []byte, err error) {
	err = s.ask(ctx, func() error {
		in := s.interactions[interactionID]
		if in == nil || in.session == nil || !in.talking[userID] && !supervisor {
			return ErrUnknown
		}
		picture = in.session.stillOf(id)
		return found(picture)
	})
	return picture, err
}

// FrozenLink is Frozen for who came by a link.
func (s *Sessions) FrozenLink(ctx context.Context, token, cookie, id string) (picture []byte, err error) {
	err = s.ask(ctx, func() error {
		l, err := s.find(token, cookie)
		if err != nil {
			return err
		}
		if l.cookie == nil {
			return ErrUnknown
		}
		picture = l.session.stillOf(id)
		return found(picture)
	})
	return picture, err
}

func (v *session) stillOf(id string) []byte {
	if v.frozen == nil || v.frozen.ID != id {
		return nil
	}
	return v.still
}

func found(picture []byte) error {
	if picture == nil {
		return ErrUnknown
	}
	return nil
}

// MaySnap tells whether an agent may keep pictures of a call's session; it gives the session's id. A snapshot is counted once it
// is kept (Snapped).
func (s *Sessions) MaySnap(ctx context.Context, agentID, interactionID string) (session string, err error) {
	err = s.ask(ctx, func() error {
		in := s.interactions[interactionID]
		if in == nil || in.session == nil || !in.talking[agentID] {
			return errNoVideo
		}
		session = in.session.id
		return nil
	})
	return session, err
}

// Snapped notes a kept snapshot in the timeline.
func (s *Sessions) Snapped(interactionID, agentID, snapshotID string, drawing bool) {
	s.post(func() {
		in := s.interactions[interactionID]
		if in == nil || in.session == nil {
			return
		}
		in.session.summary.Snapshots++
		s.event(in.session, "video_snapshot", agentID, map[string]any{"snapshot": snapshotID, "drawing": drawing})
		s.publish(in.session)
		if in.session.ended() {
			s.summarise(in.session)
		}
	})
}
