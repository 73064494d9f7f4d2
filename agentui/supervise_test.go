package agentui

import (
	"testing"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/store"
)

// What a supervisor does beside a call is the server's: a page that is reloaded shows it, with the transcript so far.
func TestSupervisionSurvivesAReload(t *testing.T) {
	r := newRig(t)
	c := r.signedIn("sofia")
	boss := c.open(wire.Hello{TabID: "b"})
	boss.await("snapshot", nil)
	var phone wire.Phone
	if boss.await("phone", &phone); !phone.Owner {
		t.Errorf("a supervisor's tab has no phone: %+v", phone)
	}
	if refused := boss.reply(boss.send("supervise", wire.Supervise{InteractionID: "i", Mode: "whisper"})); refused != nil {
		t.Fatal(refused)
	}
	if told := r.center.last(); told != "supervise sofia i whisper" {
		t.Errorf("the centre was told %q", told)
	}
	r.hub.Interaction("i", "line", store.Line{InteractionID: "i", ID: "customer/1", Leg: "customer", Text: "Hello."})
	r.hub.User("sofia", "supervision", acd.Supervision{InteractionID: "i", Mode: "whisper", AgentName: "Akiko Mori"})
	boss.await("supervision", nil)
	boss.await("line", nil)
	r.hub.Alert(acd.Alert{InteractionID: "i", Code: "raised_hand"})
	boss.await("alert", nil)

	var snap wire.Snapshot
	c.open(wire.Hello{TabID: "b"}).await("snapshot", &snap)
	if snap.Supervision == nil || snap.Supervision.Mode != "whisper" || len(snap.Lines) != 1 || snap.Customer != nil {
		t.Errorf("after the reload: %+v, %d lines", snap.Supervision, len(snap.Lines))
	}

	agent := r.signedIn("akiko").open(wire.Hello{TabID: "a"})
	for typ, data := range map[string]any{"supervise": wire.Supervise{InteractionID: "i", Mode: "listen"}, "follow": wire.Follow{AgentID: "ben"}} {
		if refused := agent.reply(agent.send(typ, data)); refused == nil || refused.Code != "forbidden" {
			t.Errorf("an agent may %s: %v", typ, refused)
		}
	}
}

// Every command of a call reaches the centre with what was asked, and who asked is who is signed in.
func TestCallCommands(t *testing.T) {
	r := newRig(t)
	desk := r.signedIn("akiko").open(wire.Hello{TabID: "a"})
	to := acd.Target{Kind: "agent", ID: "ben"}
	for _, tt := range []struct {
		typ  string
		data any
		told string
	}{
		{"dtmf", wire.Digits{InteractionID: "i", Digits: "1#"}, "dtmf akiko i 1#"},
		{"transfer", wire.Transfer{InteractionID: "i", Target: to, Reason: "why"}, "transfer akiko i agent ben why"},
		{"consult", wire.Transfer{InteractionID: "i", Target: to, Reason: "why"}, "consult akiko i agent ben why"},
		{"consult_swap", wire.Ref{InteractionID: "i"}, "consult_swap akiko i"},
		{"consult_complete", wire.Ref{InteractionID: "i"}, "consult_complete akiko i"},
		{"consult_return", wire.Ref{InteractionID: "i"}, "consult_return akiko i"},
		{"add_party", wire.AddParty{InteractionID: "i", Target: to}, "add_party akiko i agent ben"},
		{"drop_party", wire.DropParty{InteractionID: "i", PartyID: "number-1"}, "drop_party akiko i number-1"},
		{"call_out", wire.CallOut{Number: "+12025550177", CustomerID: "c"}, "call_out akiko +12025550177 c"},
		{"raise_hand", wire.Switch{InteractionID: "i", On: true}, "raise_hand akiko i true"},
		{"sensitive", wire.Switch{InteractionID: "i", On: true}, "sensitive akiko i true"},
	} {
		if refused := desk.reply(desk.send(tt.typ, tt.data)); refused != nil {
			t.Errorf("%s: %v", tt.typ, refused)
		}
		if told := r.center.last(); told != tt.told {
			t.Errorf("%s: the centre was told %q", tt.typ, told)
		}
	}
}
