package acd

import (
	"slices"
	"sync"
	"testing"
	"time"

	"patchbay/media"
)

const guestSays = 5500

// browserPhone is a guest's voice.
type browserPhone struct {
	ear
	hung bool
}

func (b *browserPhone) HangUp() { b.hung = true }

// log is an agent's phone that keeps the level of every frame.
type log struct {
	ear
	mu     sync.Mutex
	levels []int16
}

func (l *log) WriteFrame(f *media.Frame) {
	l.mu.Lock()
	l.levels = append(l.levels, f[0])
	l.mu.Unlock()
	l.ear.WriteFrame(f)
}

func (l *log) take() []int16 {
	l.mu.Lock()
	defer l.mu.Unlock()
	all := l.levels
	l.levels = nil
	return all
}

// TestGuestTalksInTheBrowser: the customer's voice goes from the telephone into the browser and back. The agent hears one of the
// two in every frame, never both and never neither; the telephone is silent meanwhile, both ways, and what is said is written
// down as the customer's.
func TestGuestTalksInTheBrowser(t *testing.T) {
	onStage(t, func(s *stage) {
		akiko := &log{ear: ear{says: agentSays}}
		s.AttachPhone("akiko", akiko)
		s.settle()
		guest := &browserPhone{ear: ear{says: guestSays}}
		for range 2 {
			akiko.take()
			s.GuestOn(s.id, guest)
			s.settle()
			s.hears("agent", akiko, guestSays)
			s.hears("guest", guest, agentSays)
			s.hears("telephone", s.haruto, 0)
			if p := s.party("akiko", "guest-1"); p.State != "talking" || p.Name != "Haruto Tanaka" {
				t.Errorf("the guest is %+v", p)
			}
			if p := s.party("akiko", "customer"); p.State != "moved" {
				t.Errorf("the telephone is %+v", p)
			}
			before := s.streams[s.id+"/customer"].count(customerSays)
			s.must(s.Hold(s.ctx, "akiko", s.id, true))
			s.settle()
			s.hears("guest on hold", guest, holdSays)
			s.hears("telephone on hold", s.haruto, 0)
			s.must(s.Hold(s.ctx, "akiko", s.id, false))
			s.wait(time.Second)
			if after := s.streams[s.id+"/customer"].count(customerSays); after != before {
				t.Errorf("%d frames of the silent telephone are written down", after-before)
			}
			akiko.take()
			s.GuestOff(s.id, guest, false)
			s.settle()
			s.hears("agent", akiko, customerSays)
			s.hears("telephone", s.haruto, agentSays)
			for i, level := range akiko.take() {
				if level != customerSays && level != guestSays {
					t.Fatalf("frame %d after the guest went back has %d: one of %d and %d alone", i, level, customerSays, guestSays)
				}
			}
		}
		guests := s.streams[s.id+"/guest-1"]
		if guests == nil || guests.cfg.Listener.(*lineWriter).speaker != "customer" || guests.count(guestSays) < 90 {
			t.Errorf("the guest's words: %+v", guests)
		}
		if n := guests.count(agentSays) + guests.count(customerSays); n > 0 {
			t.Errorf("%d frames of others are in the guest's transcript", n)
		}
	})
}

// TestPhoneHangsUpWhileTheGuestTalks: the call goes on in the browser; a lost network may come back; leaving ends the call.
func TestPhoneHangsUpWhileTheGuestTalks(t *testing.T) {
	onStage(t, func(s *stage) {
		guest := &browserPhone{ear: ear{says: guestSays}}
		s.GuestOn(s.id, guest)
		s.settle()
		s.haruto.HangUp()
		s.settle()
		s.state(s.id, StateActive, "")
		s.hears("agent", s.akiko, guestSays)
		if p := s.party("akiko", "customer"); p.State != "gone" {
			t.Errorf("the telephone is %+v", p)
		}
		s.GuestOff(s.id, guest, true)
		s.settle()
		s.hears("agent of a guest who is lost", s.akiko, 0)
		back := &browserPhone{ear: ear{says: guestSays + 1}}
		s.GuestOn(s.id, back)
		s.settle()
		s.hears("agent", s.akiko, guestSays+1)
		s.GuestOff(s.id, guest, false) // the old connection's end comes late
		s.settle()
		s.state(s.id, StateActive, "")
		s.must(s.Transfer(s.ctx, "akiko", s.id, agentTo("ben"), ""))
		s.settle()
		s.must(s.Answer(s.ctx, "ben", s.id))
		s.settle()
		s.hears("guest", back, benSays)
		s.GuestOff(s.id, back, false)
		s.settle()
		s.state(s.id, StateWrapUp, OutcomeHandled)
	})
	onStage(t, func(s *stage) {
		guest := &browserPhone{ear: ear{says: guestSays}}
		s.GuestOn(s.id, guest)
		s.settle()
		s.haruto.HangUp()
		s.GuestOff(s.id, guest, true)
		s.wait(DefaultAwayTime + time.Second)
		s.state(s.id, StateWrapUp, OutcomeHandled)
		late := &browserPhone{}
		s.GuestOn(s.id, late)
		s.settle()
		if !late.hung {
			t.Error("a guest who comes after the call is not let go")
		}
	})
	onStage(t, func(s *stage) { // the agent lets the guest go: back to the telephone
		guest := &browserPhone{ear: ear{says: guestSays}}
		s.GuestOn(s.id, guest)
		s.settle()
		s.must(s.DropParty(s.ctx, "akiko", s.id, "guest-1"))
		s.settle()
		s.hears("agent", s.akiko, customerSays)
		if !guest.hung {
			t.Error("the guest's page is not told")
		}
	})
}

// TestVideoWithoutACall: an interaction of its own, whose zero is the guest's consent.
func TestVideoWithoutACall(t *testing.T) {
	var over []string
	inBubble(t, func(c *Config) { c.Ended = func(id string) { over = append(over, id) } }, func(f *fixture) {
		akiko := f.signIn("akiko")
		id, err := f.VideoOut(f.t.Context(), "akiko", "haruto", "Router offline")
		f.must(err)
		f.wait(5 * time.Second)
		c, _ := get[Call](f, "akiko", "call")
		if c.Channel != ChannelVideo || c.State != "active" || c.Match != "one" || len(c.Parties) < 1 || c.Parties[0].State != "invited" {
			t.Errorf("the desk has %+v", c)
		}
		f.hears("agent alone", akiko, 0)
		if _, err := f.VideoOut(f.t.Context(), "akiko", "haruto", ""); err == nil {
			t.Error("a second one begins beside the first")
		}
		f.GuestCame(id)
		guest := &browserPhone{ear: ear{says: guestSays}}
		f.GuestOn(id, guest)
		f.wait(time.Second)
		f.hears("agent", akiko, guestSays)
		f.hears("guest", guest, agentSays)
		f.GuestOff(id, guest, false) // talks no more, and still shows
		f.wait(time.Second)
		f.state(id, StateActive, "")
		f.GuestOn(id, guest)
		f.wait(time.Second)
		f.must(f.HangUp(f.t.Context(), "akiko", id))
		f.wait(100 * time.Millisecond)
		f.state(id, StateWrapUp, OutcomeHandled)
		if !slices.Equal(over, []string{id}) {
			t.Errorf("over: %v", over)
		}
		if r := f.recs[id]; r.Channel != "video" || r.CustomerID != "haruto" || r.AnsweredAt == nil {
			t.Errorf("record %+v", r)
		}
		if got := f.streams[id+"/guest-1"].count(guestSays); got < 80 {
			t.Errorf("%d frames of the guest are written down", got)
		}
	})
	inBubble(t, nil, func(f *fixture) { // nobody comes
		f.signIn("akiko")
		id, err := f.VideoOut(f.t.Context(), "akiko", "haruto", "")
		f.must(err)
		f.wait(time.Second)
		f.must(f.HangUp(f.t.Context(), "akiko", id))
		f.wait(time.Second)
		f.state(id, StateWrapUp, OutcomeNotReached)
	})
}
