package acd

import "testing"

var (
	presences  = []Presence{Available, Away, Offline}
	activities = []Activity{Idle, Offered, Talking, Consulting, WrappingUp}
	triggers   = []Trigger{TriggerSignIn, TriggerSignOut, TriggerAvailable, TriggerAway, TriggerOffer, TriggerOfferEnd,
		TriggerRangOut, TriggerAnswer, TriggerCallEnd, TriggerCallLost, TriggerComplete,
		TriggerConsult, TriggerConsultEnd, TriggerCallOut, TriggerReturn}
)

// TestStatusWalk follows an agent through a day.
func TestStatusWalk(t *testing.T) {
	s := Status{Presence: Offline, Activity: Idle}
	for _, step := range []struct {
		trigger Trigger
		reason  string
		want    Status
	}{
		{TriggerSignIn, "", Status{Away, "", Idle}},
		{TriggerAvailable, "", Status{Available, "", Idle}},
		{TriggerOffer, "", Status{Available, "", Offered}},
		{TriggerOfferEnd, "", Status{Available, "", Idle}},
		{TriggerOffer, "", Status{Available, "", Offered}},
		{TriggerAnswer, "", Status{Available, "", Talking}},
		{TriggerAway, "lunch", Status{Away, "lunch", Talking}}, // asked for in mid-call
		{TriggerCallEnd, "", Status{Away, "lunch", WrappingUp}},
		{TriggerComplete, "", Status{Away, "lunch", Idle}},
		{TriggerAvailable, "", Status{Available, "", Idle}},
		{TriggerOffer, "", Status{Available, "", Offered}},
		{TriggerRangOut, "", Status{Away, ReasonNotAnswering, Idle}},
		{TriggerAvailable, "", Status{Available, "", Idle}},
		{TriggerOffer, "", Status{Available, "", Offered}},
		{TriggerAnswer, "", Status{Available, "", Talking}},
		{TriggerCallLost, "", Status{Away, ReasonConnectionLost, Idle}},
		{TriggerCallOut, "", Status{Away, ReasonConnectionLost, Talking}}, // who is away may still dial
		{TriggerConsult, "", Status{Away, ReasonConnectionLost, Consulting}},
		{TriggerConsultEnd, "", Status{Away, ReasonConnectionLost, Talking}},
		{TriggerCallEnd, "", Status{Away, ReasonConnectionLost, WrappingUp}},
		{TriggerReturn, "", Status{Away, ReasonConnectionLost, Talking}}, // the transfer failed
		{TriggerConsult, "", Status{Away, ReasonConnectionLost, Consulting}},
		{TriggerCallEnd, "", Status{Away, ReasonConnectionLost, WrappingUp}}, // handed over
		{TriggerComplete, "", Status{Away, ReasonConnectionLost, Idle}},
		{TriggerSignOut, "", Status{Offline, "", Idle}},
	} {
		got, err := s.Next(step.trigger, step.reason)
		if err != nil || got != step.want {
			t.Fatalf("%s from %+v: %+v, %v; want %+v", step.trigger, s, got, err, step.want)
		}
		s = got
	}
}

// TestStatusRules checks every trigger in every status: what may ring, and that a refusal changes nothing.
func TestStatusRules(t *testing.T) {
	for _, p := range presences {
		for _, a := range activities {
			s := Status{Presence: p, Activity: a}
			for _, trigger := range triggers {
				n, err := s.Next(trigger, "why")
				if err != nil && n != s {
					t.Errorf("%s from %+v: refused, yet %+v", trigger, s, n)
				}
				if err != nil {
					continue
				}
				if n.Activity == Offered && a != Offered && s != (Status{Presence: Available, Activity: Idle}) {
					t.Errorf("%s rings an agent who is %+v", trigger, s)
				}
				if n.Activity == Talking && a != Talking && a != Offered && a != Consulting &&
					(trigger != TriggerCallOut || a != Idle) && (trigger != TriggerReturn || a != WrappingUp) {
					t.Errorf("%s puts an agent who is %+v into a call", trigger, s)
				}
				if (a == Talking || a == Consulting) && n.Activity == Idle && trigger != TriggerCallLost {
					t.Errorf("%s skips the wrap-up of %+v", trigger, s)
				}
				if n.Presence == Offline && n.Activity != Idle && p != Offline {
					t.Errorf("%s takes off an agent who is %+v", trigger, s)
				}
			}
		}
	}
	if _, err := (Status{Presence: Available, Activity: Idle}).Next("dance", ""); err == nil {
		t.Error("an unknown trigger passes")
	}
}
