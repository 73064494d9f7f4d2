package acd

import (
	"slices"
	"testing"
	"time"

	"patchbay/store"
	"patchbay/transcribe"
)

// An agent, a number and a queue's name that change while the server runs count for the next call, and for those who wait.
func TestConfigureWhileRunning(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		waits := newCustomer("+12025550142")
		f.Incoming(waits)
		f.wait(time.Second)

		queues := []store.Queue{
			{ID: "bookings", Name: "Travel", Numbers: []string{"+12025550100"}, Language: "en"},
			{ID: "orders", Name: "Orders", Numbers: []string{"+12025550101"}, Language: "en"},
		}
		f.Configure([]store.User{
			{ID: "akiko", Name: "Akiko Ono", Role: "agent", Queues: []string{"Orders"}},
			{ID: "dora", Name: "Dora Klein", Role: "agent", Queues: []string{"Travel"}},
			{ID: "sofia", Name: "Sofia Reyes", Role: "supervisor"},
		}, queues)
		f.signIn("dora")
		f.signIn("akiko")
		f.wait(time.Second)
		o, _ := get[Offer](f, "dora", "offer")
		if o.Queue != "Travel" {
			t.Errorf("the waiting call rings at dora as of queue %q", o.Queue)
		}
		f.noOffer("akiko")
		if a, _ := get[AgentState](f, "akiko", "agent"); a.Name != "Akiko Ono" {
			t.Errorf("akiko is %+v", a)
		}
		if r := f.recs[o.InteractionID]; r.Queue != "Travel" {
			t.Errorf("the record says queue %q", r.Queue)
		}

		late := newCustomer("+12025550143")
		late.to = "+12025550101"
		f.Incoming(late)
		f.wait(time.Second)
		f.offer("akiko")
		if late.refused != "" {
			t.Errorf("a call to the new number is refused: %s", late.refused)
		}
		if n := len(f.users["sofia"]); n != 0 {
			t.Errorf("sofia takes no calls and was published %d values", n)
		}
	})
}

// A record that is changed in mid-call is on the screen, and still is after a reload.
func TestCustomerChangesInMidCall(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(time.Second)
		id := f.offer("akiko")
		f.CustomerChanged(store.CustomerView{Customer: store.Customer{ID: "haruto", Name: "Haruto Mori"}})
		f.CustomerChanged(store.CustomerView{Customer: store.Customer{ID: "stranger", Name: "A Stranger"}})
		f.wait(time.Second)
		if v := f.topics[id]["customer"].(store.CustomerView); v.Name != "Haruto Mori" {
			t.Errorf("the desk shows %s", v.Name)
		}
		if o, _ := get[Offer](f, "akiko", "offer"); o.CustomerName != "Haruto Mori" {
			t.Errorf("the offer names %s", o.CustomerName)
		}
	})
}

// An agent who becomes a supervisor is rung no more, and may supervise.
func TestPromotion(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Configure([]store.User{{ID: "akiko", Name: "Akiko Mori", Role: "supervisor"},
			{ID: "ben", Name: "Ben Ito", Role: "agent", Queues: []string{"Bookings"}}}, f.Center.cfg.Queues)
		f.Incoming(newCustomer("+12025550142"))
		f.wait(time.Second)
		f.noOffer("akiko")
		if err := f.Follow(f.t.Context(), "akiko", "ben"); err != nil {
			t.Error(err)
		}
	})
}

// Who is disabled in a call goes on to its end, and is no agent of the centre after it.
func TestDisabledAgentGoesAfterTheCall(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(time.Second)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		now := time.Now()
		users := slices.Clone(f.cfg.Users)
		users[slices.IndexFunc(users, func(u store.User) bool { return u.ID == "akiko" })].DisabledAt = &now
		f.Configure(users, f.cfg.Queues)
		f.wait(time.Second)
		f.must(f.HangUp(f.t.Context(), "akiko", id))
		f.wait(time.Second)
		f.must(f.WrapUp(f.t.Context(), "akiko", id, "", ""))
		f.Configure(users, f.cfg.Queues)
		if err := f.SetPresence(f.t.Context(), "akiko", string(Available), ""); err == nil {
			t.Error("a disabled agent becomes available")
		}
		f.Configure(f.cfg.Users, f.cfg.Queues)
		f.signIn("akiko") // enabled again
	})
}

// A pattern that is set in mid-call masks the next line of that call, and what is typed, before either is kept.
func TestMasksChangeInMidCall(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(time.Second)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(100 * time.Millisecond)
		say := func(line string) string {
			f.streams[id+"/customer"].cfg.Listener.Line(transcribe.Line{ID: line, Text: "it is KX-abcd " + line, Spoken: "it is k x a b c d"})
			f.wait(100 * time.Millisecond)
			return f.lines[len(f.lines)-1].Text
		}
		if got := say("a"); got != "it is KX-abcd a" {
			t.Errorf("before: %q", got)
		}
		patterns, err := CompileMasks([]store.MaskRule{{Name: "Membership", Pattern: `KX-[a-z]{4}`, Active: true}})
		f.must(err)
		f.SetMasks(patterns)
		if got := say("b"); got != "it is •••• b" {
			t.Errorf("after: %q", got)
		}
		f.must(f.Note(f.t.Context(), "akiko", id, "member KX-wxyz"))
		f.wait(time.Second)
		if note := f.recs[id].Note; note != "member ••••" {
			t.Errorf("the note is kept as %q", note)
		}
	})
}
