package video

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/google/uuid"
)

// session is one video help. Owned by Sessions.run.
type session struct {
	id          string
	interaction string
	agentID     string // who began it
	room        Room
	startedAt   time.Time
	endedAt     time.Time // zero while it runs
	endReason   string
	forgotten   bool
	onPhone     bool

	guestLink *link
	invited   []*link
	sent      []SentLink
	seats     []*seat

	camera   Camera
	stopped  bool // the guest pressed Stop
	sharedAt time.Time
	shared   time.Duration // of earlier stretches
	sharing  time.Time     // zero while the guest does not
	frozen   *Frozen
	freezing string // id of the still that was asked for
	askedBy  string
	freezeAt time.Time
	still    []byte // the frozen picture, JPEG
	captions bool
	light    bool
	mode     string
	delay    int // ms, as RoomState.DelayMS
	codec    string
	board    Board
	live     Board // what was drawn on the live picture, while one is frozen

	samples, fair, poor int // of the network, one a second while shared
	lastStats           Stats
	summary             Summary
	events              int // written of those that are repeatable
	ratings             int // given: each is written
	film                Film
	filmed              bool // it is not paused
	fresh               bool // and was not told yet
}

func (v *session) ended() bool { return !v.endedAt.IsZero() }

// begin makes an interaction's session.
func (s *Sessions) begin(in *interaction, agentID string, now time.Time) *session {
	v := &session{
		id: uuid.Must(uuid.NewV7()).String(), interaction: in.id, agentID: agentID, startedAt: now, onPhone: in.onPhone,
		captions: true, mode: "live", camera: Camera{State: "ended"}, fresh: true,
	}
	v.summary = Summary{ID: v.id, StartedAt: now}
	v.room = s.cfg.Rooms.NewRoom(s.log.With("video", v.id))
	in.session = v
	if s.cfg.Films != nil {
		v.film = s.cfg.Films.Film(FilmStart{InteractionID: in.id, Zero: in.began, Keyframe: v.room.WantKeyframe})
	}
	s.filming(in)
	s.event(v, "video_started", agentID, map[string]any{"session": v.id})
	return v
}

// end ends a session. Who is still there is told, and the guest may still answer how it was.
func (s *Sessions) end(v *session, reason string) {
	if v.ended() {
		return
	}
	now := time.Now()
	s.stopClock(v, now)
	v.endedAt, v.endReason = now, reason
	s.keepDrawings(v)
	v.still, v.frozen, v.freezing = nil, nil, ""
	for _, p := range v.seats {
		s.closeMember(p)
		if reason != "agent" || v.onPhone { // else the picture ends, and the talk goes on
			s.closeVoice(p, false)
		}
	}
	room, film := v.room, v.film
	v.film, v.filmed = nil, false
	s.ending.Go(func() {
		if film == nil {
			_ = room.Close()
			return
		}
		late := time.AfterFunc(closePatience, film.Finish) // a connection that is slow to close holds no film open
		_ = room.Close()
		late.Stop()
		film.Finish() // behind the last packet
	})
	s.event(v, "video_ended", "system", map[string]any{"session": v.id, "reason": reason})
	s.summarise(v)
	s.tellAll(v)
	s.publish(v)
}

// forget drops what is left of an ended session.
func (s *Sessions) forget(v *session) {
	v.forgotten = true
	for _, p := range v.seats {
		if p.conn != nil {
			p.conn.Close("over")
		}
	}
}

// summarise writes what is kept of a session; it is written again where it changes.
func (s *Sessions) summarise(v *session) {
	sum := &v.summary
	sum.EndedAt, sum.EndReason = v.endedAt, v.endReason
	sum.SharedSec = int(v.shared.Round(time.Second) / time.Second)
	sum.Minutes = math.Round(v.shared.Minutes()*10) / 10
	switch {
	case v.samples == 0:
	case v.poor*5 > v.samples: // more than a fifth of the time
		sum.Quality = "poor"
	case (v.poor+v.fair)*5 > v.samples:
		sum.Quality = "fair"
	default:
		sum.Quality = "good"
	}
	s.event(v, "video_summary", "system", map[string]any{
		"id": sum.ID, "started_at": sum.StartedAt, "ended_at": sum.EndedAt, "shared_seconds": sum.SharedSec, "minutes": sum.Minutes,
		"outcome": sum.Outcome, "quality": sum.Quality, "satisfaction": sum.Satisfaction, "snapshots": sum.Snapshots,
		"drawings": sum.Drawings, "end_reason": sum.EndReason,
	})
}

// event writes into the timeline. What participants do by the thousand is written so far and no further: records are for good.
func (s *Sessions) event(v *session, typ, actor string, data map[string]any) {
	if slices.Contains(repeatable, typ) {
		if v.events == maxEvents {
			return
		}
		v.events++
	}
	s.cfg.Timeline(v.interaction, typ, actor, data)
}

// repeatable are the events that a participant can bring about again and again.
var repeatable = []string{"video_join", "video_leave", "video_camera", "video_mode", "video_stopped", "video_frozen", "video_drawings"}

// guest is the state of the guest, as RoomState.Guest.
func (v *session) guest() string {
	p := v.seat(RoleGuest)
	switch {
	case v.ended():
		return "gone"
	case p == nil || v.sharedAt.IsZero() && !p.connected:
		return "waiting"
	case v.stopped:
		return "stopped"
	case p.conn == nil || !p.connected:
		return "away"
	}
	return "sharing"
}

func (v *session) seat(id string) *seat {
	i := slices.IndexFunc(v.seats, func(p *seat) bool { return p.id == id })
	if i < 0 {
		return nil
	}
	return v.seats[i]
}

// seatOf gives the guest's seat, or a new one of a further participant.
func (v *session) seatOf(role string) *seat {
	id, name := role, ""
	if role != RoleGuest {
		n := 1
		for v.seat(fmt.Sprintf("%s-%d", role, n)) != nil {
			n++
		}
		id = fmt.Sprintf("%s-%d", role, n)
	} else if p := v.seat(id); p != nil {
		return p
	}
	p := newSeat(v, id, name, role)
	v.seats = append(v.seats, p)
	return p
}

func (v *session) isShared() bool { return v.guest() == "sharing" && v.camera.State == "live" }

// startClock and stopClock count the minutes that were shared.
func (s *Sessions) startClock(v *session, now time.Time) {
	if v.sharing.IsZero() {
		v.sharing = now
	}
}

func (s *Sessions) stopClock(v *session, now time.Time) {
	if !v.sharing.IsZero() {
		v.shared += now.Sub(v.sharing)
		v.sharing = time.Time{}
	}
}

// shareChanged starts or stops the clock after anything that the guest's state depends on, and tells everybody.
func (s *Sessions) shareChanged(v *session) {
	now := time.Now()
	if v.guest() == "sharing" {
		if v.sharedAt.IsZero() {
			v.sharedAt = now
		}
		s.startClock(v, now)
	} else {
		s.stopClock(v, now)
	}
	s.tellAll(v)
	s.publish(v)
}

// watchOver looks at the network once a second, sends who missed a drawing the whole board, and takes off who may watch no more.
func (s *Sessions) watchOver(v *session, now time.Time) {
	changed := false
	for _, p := range v.seats {
		if p.missed && p.conn != nil {
			p.missed = false
			p.conn.Send("board", v.boardState())
		}
		s.listen(p)
		if s.strayed(p) {
			s.takeOff(p)
		}
		if p.role != RoleGuest || p.member == nil {
			continue
		}
		st := p.member.Stats()
		if st.Codec != v.codec {
			v.codec, changed = st.Codec, true
		}
		if v.isShared() {
			v.samples++
			lost, total := float64(st.Lost-min(st.Lost, v.lastStats.Lost)), float64(st.Total-min(st.Total, v.lastStats.Total))
			frames := st.Frames - min(st.Frames, v.lastStats.Frames)
			switch {
			case v.mode == "stills" || frames == 0 || p.quality.Loss > 0.1 || total > 0 && lost/(lost+total) > 0.1:
				v.poor++
			case frames < 8 || p.quality.Loss > 0.02 || p.quality.RTT > 400:
				v.fair++
			}
		}
		v.lastStats = st
	}
	if v.freezing != "" && now.Sub(v.freezeAt) > freezePatience {
		v.freezing, changed = "", true
		for _, p := range v.seats {
			if p.id == v.askedBy && p.conn != nil {
				p.conn.Send("refused", Refused{"no_still"})
			}
		}
	}
	if changed {
		s.tellAll(v)
	}
}

// roomState is the session as one participant sees it.
func (s *Sessions) roomState(v *session, p *seat) RoomState {
	r := RoomState{
		You: p.id, Role: p.role, AgentName: s.agents[v.agentID], Organisation: s.cfg.Organisation, OnPhone: v.onPhone, Guest: v.guest(),
		Voice: s.voiceState(v), Recorded: v.filmed,
		Camera: v.camera, Codec: v.codec, Mode: v.mode, DelayMS: v.delay, Frozen: v.frozen, Freezing: v.freezing != "", Captions: v.captions,
		Light: v.light, EndReason: v.endReason, Rated: v.summary.Satisfaction, IceServers: p.ice, People: []Person{},
	}
	if !v.sharedAt.IsZero() {
		at := v.sharedAt
		r.SharedAt = &at
	}
	if v.ended() {
		at := v.endedAt
		r.EndedAt = &at
	}
	in := s.interactions[v.interaction]
	hides := in != nil && in.hides
	for _, q := range v.seats {
		if q.role != RoleSupervisor || p.role == RoleSupervisor || !hides {
			r.People = append(r.People, Person{ID: q.id, Name: q.name, Role: q.role, Here: q.conn != nil})
		}
	}
	return r
}

func (v *session) boardState() BoardState {
	return BoardState{Epoch: v.board.Epoch, Shapes: slices.Clone(v.board.Shapes)}
}

// tellAll sends everybody the session.
func (s *Sessions) tellAll(v *session) {
	for _, p := range v.seats {
		if p.conn != nil {
			p.conn.Send("room", s.roomState(v, p))
		}
	}
}

func (s *Sessions) tellBoard(v *session) {
	for _, p := range v.seats {
		if p.conn != nil {
			p.missed = false
			p.conn.Send("board", v.boardState())
		}
	}
}

// publish shows the session on the desks of the agents who have the call.
func (s *Sessions) publish(v *session) {
	d := Session{ID: v.id, InteractionID: v.interaction, State: v.guest(), Kept: v.summary.Snapshots, Sent: v.sent, Invited: []Invitation{}}
	if v.ended() {
		d.State = "ended"
	}
	if l := v.guestLink; l != nil {
		d.Link, d.ExpiresAt = s.cfg.Link(l.token), l.expires
		d.Code = spoken(l.code)
	}
	if !v.sharedAt.IsZero() {
		at := v.sharedAt
		d.SharedAt = &at
	}
	for _, l := range v.invited {
		d.Invited = append(d.Invited, Invitation{Role: l.role, Link: s.cfg.Link(l.token), Here: l.seat.conn != nil})
	}
	state := d.State
	if v.ended() {
		state = ""
	}
	s.cfg.Centre().VideoState(v.interaction, state)
	if in := s.interactions[v.interaction]; in != nil {
		for agent := range in.talking {
			s.cfg.Publisher.User(agent, "video", d)
		}
	}
}

// keepDrawings writes what was drawn on the picture that is about to go into the timeline.
func (s *Sessions) keepDrawings(v *session) {
	const most = 2000 // points in one event
	if len(v.board.Shapes) == 0 {
		return
	}
	v.summary.Drawings += len(v.board.Shapes)
	data := map[string]any{"count": len(v.board.Shapes), "frozen": v.frozen != nil}
	if v.board.points <= most {
		shapes := slices.Clone(v.board.Shapes)
		for i := range shapes {
			shapes[i].Text = s.cfg.Mask(shapes[i].Text)
		}
		data["shapes"] = shapes
	}
	s.event(v, "video_drawings", "system", data)
}
