package video

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"slices"
	"time"

	"golang.org/x/time/rate"
)

// How much one participant may send.
const (
	drawRate   = 120 // drawing messages a second; a finger moves sixty times
	drawBurst  = 400
	startEvery = time.Second // connections made anew
	startBurst = 6
	offerLimit = 10 * time.Second
)

// userSeat begins the ids of seats of users.
const userSeat = "user-"

// seat is one participant of a session. Owned by Sessions.run; the guest's outlives a reload.
type seat struct {
	id, name, role string
	session        *session
	conn           Conn // nil while the browser is not there
	ice            []IceServer
	member         Member // nil before the connection is made
	gen            uint32 // of member: what belongs to an older one is void
	connected      bool
	missed         bool // a drawing did not reach it, or one of its own was refused: it is sent the whole board
	starts         *rate.Limiter
	quality        Quality
	voice          voice // of the guest
}

func newSeat(v *session, id, name, role string) *seat {
	return &seat{id: id, name: name, role: role, session: v, starts: rate.NewLimiter(rate.Every(startEvery), startBurst)}
}

func (p *seat) mayDraw() bool {
	return p.role == RoleGuest || p.role == RoleAgent || p.role == RoleDraw
}

// Seat is a participant's place while its browser is connected.
type Seat struct {
	s    *Sessions
	p    *seat
	conn Conn
}

// JoinLink seats the browser that a link is bound to. It takes the place of that browser's earlier connection.
func (s *Sessions) JoinLink(ctx context.Context, token, cookie string, conn Conn) (*Seat, error) {
	var out *Seat
	err := s.ask(ctx, func() error {
		l, err := s.find(token, cookie)
		if err != nil {
			return err
		}
		if l.cookie == nil {
			return ErrUnknown // nobody has consented: nothing to join
		}
		out = s.sit(l.seat, conn)
		return nil
	})
	return out, err
}

// JoinUser seats an agent who has the call, or a supervisor.
func (s *Sessions) JoinUser(ctx context.Context, interactionID, userID, name string, supervisor bool, conn Conn) (*Seat, error) {
	var out *Seat
	err := s.ask(ctx, func() error {
		in := s.interactions[interactionID]
		if in == nil || in.session == nil {
			return ErrUnknown
		}
		v, role := in.session, RoleSupervisor
		if in.talking[userID] {
			role = RoleAgent
		} else if !supervisor {
			return ErrUnknown
		}
		id := userSeat + userID
		p := v.seat(id)
		if p == nil {
			if len(v.seats) >= maxPeople {
				return errBusy
			}
			p = newSeat(v, id, name, role)
			v.seats = append(v.seats, p)
		}
		p.role = role
		out = s.sit(p, conn)
		return nil
	})
	return out, err
}

func (s *Sessions) sit(p *seat, conn Conn) *Seat {
	v := p.session
	if p.conn != nil {
		p.conn.Close("replaced")
	} else {
		s.event(v, "video_join", p.id, map[string]any{"role": p.role})
	}
	p.conn = conn
	if s.cfg.Ice != nil {
		p.ice = s.cfg.Ice(v.id + "/" + p.id)
	}
	conn.Send("room", s.roomState(v, p))
	conn.Send("board", v.boardState())
	s.shareChanged(v)
	return &Seat{s, p, conn}
}

// errMessage says that a participant's message is none.
var errMessage = errors.New("video: not a message")

// Message takes what the browser sent. An error says that the browser does not speak our language: close its connection.
func (t *Seat) Message(typ string, raw json.RawMessage) error {
	known, ok := ClientTypes[typ]
	if !ok {
		return fmt.Errorf("%w: type", errMessage)
	}
	var do func()
	var err error
	switch known.(type) {
	case Empty:
		err = decode(raw, &Empty{})
		do = func() { t.s.simple(t.p, typ) }
	case Description:
		var d Description
		err = decode(raw, &d)
		do = func() { t.s.answer(t.p, d) }
		if typ == "voice_answer" {
			do = func() { t.s.voiceAnswered(t.p, d) }
		}
	case Camera:
		var c Camera
		if err = decode(raw, &c); err == nil && !c.valid() {
			err = errMessage
		}
		do = func() { t.s.cameraChanged(t.p, c) }
	case Switch:
		var w Switch
		err = decode(raw, &w)
		do = func() { t.s.toggle(t.p, typ, w.On) }
	case Light:
		var l Light
		err = decode(raw, &l)
		do = func() { t.s.lightAsked(t.p, l.On) }
	case Quality:
		var q Quality
		if err = decode(raw, &q); err == nil && !q.valid() {
			err = errMessage
		}
		do = func() { t.s.qualityTold(t.p, q) }
	case Rating:
		var r Rating
		if err = decode(raw, &r); err == nil && (r.Stars < 1 || r.Stars > 5) {
			err = errMessage
		}
		do = func() { t.s.rated(t.p, r.Stars) }
	}
	if err != nil {
		return err
	}
	t.s.post(func() {
		if t.p.conn == t.conn {
			do()
		}
	})
	return nil
}

func decode(raw []byte, v any) error {
	if len(raw) == 0 {
		raw = []byte("{}")
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	if err := d.Decode(v); err != nil {
		return fmt.Errorf("%w: %w", errMessage, err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return fmt.Errorf("%w: more than one value", errMessage)
	}
	return nil
}

func (c Camera) valid() bool {
	const most = 16384 // pixels
	return slices.Contains([]string{"live", "paused", "ended", "denied"}, c.State) &&
		slices.Contains([]string{"", "environment", "user", "screen"}, c.Source) &&
		c.Width >= 0 && c.Width <= most && c.Height >= 0 && c.Height <= most && c.Zoom >= 0 && c.Zoom <= 100
}

func (q Quality) valid() bool {
	for _, x := range []float64{q.Kbps, q.FPS, q.RTT, q.Loss} {
		if math.IsNaN(x) || x < 0 || x > 1e7 {
			return false
		}
	}
	return slices.Contains([]string{"", "live", "stills"}, q.Mode)
}

func (s *Sessions) simple(p *seat, typ string) {
	switch typ {
	case "rtc_start":
		s.connect(p)
	case "voice_start":
		s.startVoice(p)
	case "voice_stop":
		s.stopVoice(p)
	case "stop":
		if p.role != RoleGuest || p.session.stopped || p.session.ended() {
			return
		}
		p.session.stopped = true
		s.closeMember(p)
		s.unfreeze(p.session)
		s.event(p.session, "video_stopped", p.id, nil)
		s.shareChanged(p.session)
	}
}

// connect makes a participant's PeerConnection anew and sends the offer.
func (s *Sessions) connect(p *seat) {
	v := p.session
	if v.ended() || !p.starts.Allow() {
		p.conn.Send("refused", Refused{"too_many"})
		return
	}
	s.closeMember(p)
	if p.role == RoleGuest {
		v.stopped = false // who stopped may go on
	}
	gen := p.gen
	draws := rate.NewLimiter(drawRate, drawBurst)
	cfg := MemberConfig{
		Send: p.role == RoleGuest,
		Film: s.filmOf(p),
		OnState: func(state string) {
			s.post(func() {
				if p.gen == gen && p.connected != (state == "connected") {
					p.connected = state == "connected"
					s.shareChanged(v)
				}
			})
		},
		OnMessage: func(raw []byte) {
			op, err := Parse(raw)
			if err != nil || !draws.Allow() {
				s.post(func() { p.missed = true })
				return
			}
			s.post(func() {
				if p.gen == gen {
					s.draw(p, op)
				}
			})
		},
		OnStale: func() {
			s.post(func() {
				if p.gen == gen && p.conn != nil {
					s.connect(p)
				}
			})
		},
	}
	room := v.room
	s.ending.Go(func() {
		ctx, cancel := context.WithTimeout(s.lifetime, offerLimit)
		defer cancel()
		m, err := room.Join(cfg)
		var offer string
		if err == nil {
			offer, err = m.Offer(ctx)
		}
		kept := s.post(func() {
			switch {
			case err != nil:
				s.log.Warn("video connection not made", "session", v.id, "err", err)
			case p.gen != gen || v.ended() || p.conn == nil:
			default:
				p.member = m
				p.conn.Send("rtc_offer", Description{SDP: offer, Gen: gen})
				return
			}
			if m != nil {
				s.ending.Go(func() { _ = m.Close() })
			}
		})
		if !kept && m != nil {
			_ = m.Close()
		}
	})
}

// closeMember ends a participant's PeerConnection, beside Run.
func (s *Sessions) closeMember(p *seat) {
	p.gen++
	p.connected = false
	if m := p.member; m != nil {
		p.member = nil
		s.ending.Go(func() { _ = m.Close() })
	}
}

func (s *Sessions) answer(p *seat, d Description) {
	if d.Gen != p.gen || p.member == nil {
		return
	}
	m, v := p.member, p.session
	s.ending.Go(func() {
		if err := m.Answer(d.SDP); err != nil {
			s.log.Debug("video answer refused", "session", v.id, "err", err)
			s.post(func() {
				if p.conn != nil {
					p.conn.Send("refused", Refused{"bad_answer"})
				}
			})
		}
	})
}

func (s *Sessions) cameraChanged(p *seat, c Camera) {
	if p.role != RoleGuest || p.session.ended() {
		return
	}
	v := p.session
	if c.State != v.camera.State || c.Source != v.camera.Source {
		s.event(v, "video_camera", p.id, map[string]any{"state": c.State, "source": c.Source})
	}
	v.camera = c
	s.shareChanged(v)
}

func (s *Sessions) toggle(p *seat, typ string, on bool) {
	v := p.session
	switch {
	case v.ended():
	case typ == "freeze" && p.mayDraw():
		if !on {
			s.unfreeze(v)
			return
		}
		s.freeze(v, p)
	case typ == "captions" && p.role == RoleGuest:
		v.captions = on
		s.tellAll(v)
	}
}

func (s *Sessions) lightAsked(p *seat, on bool) {
	v := p.session
	switch {
	case v.ended():
	case p.role == RoleGuest: // says how it is
		v.light = on
		s.tellAll(v)
	case p.role == RoleAgent:
		if g := v.seat(RoleGuest); g != nil && g.conn != nil {
			g.conn.Send("light", Light{on})
		}
	}
}

func (s *Sessions) qualityTold(p *seat, q Quality) {
	p.quality = q
	if p.role == RoleGuest && !p.session.ended() {
		if d := holdFor(q, p.session.delay); d != p.session.delay {
			p.session.delay = d
			s.tellAll(p.session)
		}
	}
	if v := p.session; p.role == RoleGuest && q.Mode != "" && q.Mode != v.mode && !v.ended() {
		v.mode = q.Mode
		s.event(v, "video_mode", p.id, map[string]any{"mode": q.Mode, "kbps": math.Round(q.Kbps)})
		s.tellAll(v)
	}
}

// holdFor is how long viewers hold the picture: a packet that the guest's network lost comes a round trip and a half later, and a
// picture that waits for it each time stutters. A browser cannot know: its own way to us is short.
func holdFor(q Quality, before int) int {
	const step, most = 100, 800 // ms
	if q.Loss < 0.005 {
		if before > 0 && q.Loss > 0 {
			return before
		}
		return 0
	}
	want := min(int(math.Ceil((q.RTT*1.5+100)/step))*step, most)
	if want < before && before-want <= step {
		return before // no flutter
	}
	return want
}

func (s *Sessions) rated(p *seat, stars int) {
	v := p.session
	if p.role != RoleGuest || v.sharedAt.IsZero() || v.ratings == maxRatings {
		return
	}
	v.ratings++
	v.summary.Satisfaction = stars
	if v.ended() {
		s.summarise(v)
	}
	s.tellAll(v)
}

// draw puts a drawing on the board and gives it to the others.
func (s *Sessions) draw(p *seat, op Op) {
	v := p.session
	if v.ended() || !p.mayDraw() {
		return
	}
	if op.Type == "clear" {
		if op.Epoch != v.board.Epoch {
			return
		}
		s.keepDrawings(v)
		if p.role == RoleGuest {
			v.board.without(p.id)
		} else {
			v.board.next()
		}
		s.tellBoard(v)
		return
	}
	if !v.board.Apply(p.id, p.role, op) {
		if op.Epoch != v.board.Epoch {
			p.missed = true // it draws on a board that is no more
		}
		return
	}
	op.By, op.Role = p.id, p.role
	raw, err := json.Marshal(op)
	if err != nil {
		return // every field has JSON
	}
	for _, q := range v.seats {
		if q != p && q.member != nil && q.connected && !q.member.Send(raw) {
			q.missed = true
		}
	}
}
