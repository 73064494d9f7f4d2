package acd

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
)

// step is something that anybody does in a call; a refusal is as good as a success, as long as nothing breaks.
type step struct {
	name string
	do   func(*stage)
	ends bool // the call may be over after it
}

const walkRing, walkAway = 100 * time.Millisecond, 300 * time.Millisecond

// steps are what can happen to a call of a customer with two agents, a number and two supervisors.
func steps() []step {
	lastOut := func(f func(*outgoing)) func(*stage) {
		return func(s *stage) {
			if len(s.dialer.placed) > 0 && !s.dialer.last().over() {
				f(s.dialer.last())
			}
		}
	}
	once := func(o *outgoing, f func()) { // a telephone answers or fails once
		if o.keys == "" {
			o.keys = "done"
			f()
		}
	}
	supervise := func(who, mode string) step {
		return step{who + " " + mode, func(s *stage) { _ = s.Supervise(s.ctx, who, s.id, mode) }, false}
	}
	lose := func(who string, of func(*stage) *ear) step {
		return step{who + " is lost", func(s *stage) { s.DetachPhone(who, of(s)) }, false}
	}
	back := func(who string, of func(*stage) *ear) step {
		return step{who + " is back", func(s *stage) { s.AttachPhone(who, of(s)) }, false}
	}
	akiko := func(s *stage) *ear { return s.akiko }
	ben := func(s *stage) *ear { return s.ben }
	sofia := func(s *stage) *ear { return s.sofia }
	number := numberTo("+12025550177")
	return []step{
		{"akiko holds", func(s *stage) { _ = s.Hold(s.ctx, "akiko", s.id, true) }, false},
		{"akiko resumes", func(s *stage) { _ = s.Hold(s.ctx, "akiko", s.id, false) }, false},
		{"akiko mutes", func(s *stage) { _ = s.Mute(s.ctx, "akiko", s.id, true) }, false},
		{"akiko asks ben", func(s *stage) { _ = s.Consult(s.ctx, "akiko", s.id, agentTo("ben"), "") }, false},
		{"akiko asks a number", func(s *stage) { _ = s.Consult(s.ctx, "akiko", s.id, number, "") }, false},
		{"akiko swaps", func(s *stage) { _ = s.ConsultSwap(s.ctx, "akiko", s.id) }, false},
		{"akiko completes", func(s *stage) { _ = s.ConsultComplete(s.ctx, "akiko", s.id) }, false},
		{"akiko returns", func(s *stage) { _ = s.ConsultReturn(s.ctx, "akiko", s.id) }, false},
		{"akiko transfers to ben", func(s *stage) { _ = s.Transfer(s.ctx, "akiko", s.id, agentTo("ben"), "") }, false},
		{"akiko transfers to a queue", func(s *stage) { _ = s.Transfer(s.ctx, "akiko", s.id, queueTo("bookings"), "") }, false},
		{"akiko transfers to a number", func(s *stage) { _ = s.Transfer(s.ctx, "akiko", s.id, number, "") }, false},
		{"akiko adds ben", func(s *stage) { _ = s.AddParty(s.ctx, "akiko", s.id, agentTo("ben")) }, false},
		{"akiko adds a number", func(s *stage) { _ = s.AddParty(s.ctx, "akiko", s.id, number) }, false},
		{"akiko drops ben", func(s *stage) { _ = s.DropParty(s.ctx, "akiko", s.id, "agent-2") }, false},
		{"akiko drops the number", func(s *stage) { _ = s.DropParty(s.ctx, "akiko", s.id, "number-1") }, false},
		{"akiko hangs up", func(s *stage) { _ = s.HangUp(s.ctx, "akiko", s.id) }, true},
		{"akiko is done", func(s *stage) { _ = s.WrapUp(s.ctx, "akiko", s.id, "", "") }, false},
		{"akiko begins something sensitive", func(s *stage) { _ = s.SetSensitive(s.ctx, "akiko", s.id, true) }, false},
		lose("akiko", akiko), back("akiko", akiko),
		{"ben answers", func(s *stage) { _ = s.Answer(s.ctx, "ben", s.id) }, false},
		{"ben declines", func(s *stage) { _ = s.Decline(s.ctx, "ben", s.id) }, false},
		{"ben hangs up", func(s *stage) { _ = s.HangUp(s.ctx, "ben", s.id) }, true},
		lose("ben", ben), back("ben", ben),
		{"the number announces", lastOut(func(o *outgoing) {
			if o.keys == "" {
				o.early()
			}
		}), false},
		{"the number answers", lastOut(func(o *outgoing) { once(o, o.answer) }), false},
		{"the number is busy", lastOut(func(o *outgoing) { once(o, func() { o.fail(CauseBusy) }) }), false},
		{"the number hangs up", lastOut(func(o *outgoing) { once(o, func() { close(o.steps) }); o.HangUp() }), true},
		supervise("sofia", "listen"), supervise("sofia", "whisper"), supervise("sofia", "barge"), supervise("sofia", "takeover"),
		supervise("sofia", "leave"), lose("sofia", sofia), back("sofia", sofia),
		supervise("theo", "whisper"), supervise("theo", "barge"), supervise("theo", "takeover"),
		{"sofia asks ben", func(s *stage) { _ = s.Consult(s.ctx, "sofia", s.id, agentTo("ben"), "") }, false},
		{"sofia transfers to ben", func(s *stage) { _ = s.Transfer(s.ctx, "sofia", s.id, agentTo("ben"), "") }, false},
		{"the customer hangs up", func(s *stage) { s.haruto.HangUp() }, true},
		{"time goes by", func(s *stage) { s.wait(walkAway + walkRing) }, false},
	}
}

// TestEveryReachableState walks from a call that has just been answered to every state that three steps lead to, each
// only once, and states after every step what must hold in all of them. TestLongWalks goes deeper, not everywhere;
// TestWhoHearsWhom goes through every scene, reachable or not.
func TestEveryReachableState(t *testing.T) {
	const depth = 3
	all := steps()
	seen := map[string]bool{}
	walks := [][]int{{}}
	transitions := 0
	for range depth {
		var next [][]int
		for _, walk := range walks {
			for i := range all {
				path := append(slices.Clone(walk), i)
				transitions++
				key := walkOnce(t, all, path)
				if t.Failed() {
					return
				}
				if !seen[key] {
					seen[key] = true
					next = append(next, path)
				}
			}
		}
		walks = next
		t.Logf("%d states, %d transitions", len(seen), transitions)
	}
}

// TestLongWalks takes the same steps at random, many in a row. The seed is fixed: a failure comes again.
func TestLongWalks(t *testing.T) {
	const walks, length = 4000, 14
	all := steps()
	rnd := rand.New(rand.NewPCG(5, 2026))
	seen := map[string]bool{}
	for range walks {
		path := make([]int, length)
		for i := range path {
			path[i] = rnd.IntN(len(all))
			for all[path[i]].ends && rnd.IntN(5) > 0 { // what ends the call ends the walk
				path[i] = rnd.IntN(len(all))
			}
		}
		seen[walkOnce(t, all, path)] = true
		if t.Failed() {
			return
		}
	}
	t.Logf("%d walks of %d steps end in %d states", walks, length, len(seen))
}

// walkOnce takes the steps of one path and gives the state where it ends.
func walkOnce(t *testing.T, all []step, path []int) (key string) {
	change := func(c *Config) { c.RingTime, c.AwayTime = walkRing, walkAway }
	onStageWith(t, change, func(s *stage) {
		s.record()
		var names []string
		for _, i := range path {
			before := s.walkState()
			all[i].do(s)
			s.wait(time.Millisecond)
			names = append(names, all[i].name)
			after := s.walkState()
			if after.ended && !before.ended && !all[i].ends {
				after.broken = append(after.broken, "the customer was hung up on")
			}
			if len(after.broken) > 0 {
				s.t.Fatalf("%s: %s\nin %s", strings.Join(names, ", "), strings.Join(after.broken, "; "), after.key)
			}
			key = after.key
		}
	})
	return key
}

type walkState struct {
	key    string // of everything that decides what comes next
	ended  bool
	broken []string
}

// walkState describes where the call is, and what about it must not be.
func (s *stage) walkState() (w walkState) {
	_ = s.ask(s.ctx, func() error {
		fail := func(what string, args ...any) { w.broken = append(w.broken, fmt.Sprintf(what, args...)) }
		in := s.interactions[s.id]
		if in == nil {
			w.key, w.ended = "over", true
			return nil
		}
		w.ended = in.rec.EndedAt != nil
		var b strings.Builder
		fmt.Fprintf(&b, "%s held=%t sensitive=%t returned=%t", in.rec.State, in.held, in.sensitive != nil, in.returned)
		if con := in.consult; con != nil {
			fmt.Fprintf(&b, " consult(%s asks %s aside=%t)", con.by.id, con.with.id, con.aside)
		}
		for _, p := range in.parties {
			fmt.Fprintf(&b, " %s[link=%d mode=%s muted=%t seated=%t early=%t takes=%t purpose=%d", p.id, p.link, p.mode, p.muted, p.seated, p.early, p.takes, p.purpose)
			if p.who != nil {
				fmt.Fprintf(&b, " %s", p.who.id)
			}
			b.WriteString("]")
		}
		for _, id := range []string{"akiko", "ben", "sofia", "theo"} {
			a := s.agents[id]
			fmt.Fprintf(&b, " %s(%s %s phone=%t)", id, a.status.Presence, a.status.Activity, a.phone != nil)
			s.checkAgent(a, fail)
		}
		w.key = b.String()
		s.checkCall(in, fail)
		return nil
	})
	return w
}

func (s *stage) checkAgent(a *agent, fail func(string, ...any)) {
	if !a.takesCalls() {
		if a.talks() && a.call != a.watch {
			fail("%s has a call, and sits elsewhere", a.id)
		}
		if a.call != nil && !a.talks() && a.watch != nil {
			fail("%s wraps up a call, and sits at another", a.id)
		}
		return
	}
	if (a.offer != nil) != (a.status.Activity == Offered) {
		fail("%s is %s, with an offer: %t", a.id, a.status.Activity, a.offer != nil)
	}
	talks := a.status.Activity == Talking || a.status.Activity == Consulting
	if (a.call != nil && a.call.connected()) != talks {
		fail("%s is %s, in a call: %t", a.id, a.status.Activity, a.call != nil)
	}
	if (a.call != nil && a.call.link == linkAfter) != (a.status.Activity == WrappingUp) {
		fail("%s is %s, wrapping up: %t", a.id, a.status.Activity, a.call != nil)
	}
	if a.call != nil {
		con := a.call.in.consult
		if asks := con != nil && (con.by == a.call || con.with == a.call && a.call.connected()); asks != (a.status.Activity == Consulting) {
			fail("%s is %s, consulting: %t", a.id, a.status.Activity, asks)
		}
		if a.call.in.party(a.call.id) != a.call {
			fail("the call of %s does not know them", a.id)
		}
	}
}

func (s *stage) checkCall(in *interaction, fail func(string, ...any)) {
	if in.rec.EndedAt != nil {
		for _, p := range in.parties {
			if p.connected() && p.kind != KindCustomer || p.seated {
				fail("%s is left in a call that is over", p.id)
			}
		}
		return
	}
	want := StateWaiting
	if in.lead() != nil {
		want = StateActive
	} else if in.offered() != nil {
		want = StateOffered
	}
	if in.rec.State != want {
		fail("state %s, want %s", in.rec.State, want)
	}
	sc := in.scene()
	m := in.sound.bridge.Matrix()
	checkMatrix(&sc, m, func(what string) { fail("%s", what) })
	for _, p := range in.parties {
		if p.seated != (p.link == linkOn || p.early) {
			fail("%s: link %d, seated %t", p.id, p.link, p.seated)
		}
		if p.voice != nil {
			written := p.voice.until.Load() == never
			if written && p.kind != KindCustomer && !m.Hears(in.customer().seat, p.seat) {
				fail("%s is written down, and the customer does not hear it", p.id)
			}
			if written && in.sensitive != nil {
				fail("%s is written down in a sensitive stretch", p.id)
			}
		}
		// What the supervisor's own screen says is what the customer must be able to rely on.
		if p.kind == KindSupervisor && m.Hears(in.customer().seat, p.seat) && p.seated {
			if shown := p.who.shown.Mode; shown != string(Barge) && shown != string(TakeOver) {
				fail("the customer hears %s, whose screen says %q", p.who.id, shown)
			}
		}
		if p.outsideAndAlone(&sc) && !m.Hears(p.seat, sc.player) {
			fail("%s hears nobody and no music", p.id)
		}
	}
	if c := in.customer(); c.link != linkOn || !c.seated {
		fail("the customer is not in the call")
	}
}

// outsideAndAlone says whether nobody could be heard by somebody of the outside, even if all spoke.
func (p *party) outsideAndAlone(sc *scene) bool {
	if !p.seated || p.early || p.kind != KindCustomer && p.kind != KindNumber {
		return false
	}
	for i := range sc.places {
		v := sc.places[i]
		v.muted = false
		if l := p.place(); v.slot != l.slot && sc.hears(&l, &v) {
			return false
		}
	}
	return true
}
