package acd

import (
	"strings"
	"testing"
	"time"

	"patchbay/store"
	"patchbay/transcribe"
)

// prompt is what a leg's stream was told last.
func (f *fixture) prompt(id, leg string) (prompt, language string) {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.streams[id+"/"+leg]
	if s == nil {
		f.t.Fatalf("nobody listens to %s", leg)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cfg.Prompt, s.cfg.Language
}

func (f *fixture) promptHas(id, leg string, want ...string) {
	f.t.Helper()
	got, _ := f.prompt(id, leg)
	for _, w := range want {
		if !strings.Contains(got, w) {
			f.t.Errorf("%s is told %q, without %q", leg, got, w)
		}
	}
}

// The record teaches the recogniser: from the pop on, both legs, and again when anything of it changes.
func TestTheRecordPrimesBothLegs(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.promptHas(id, "customer", "Customer Haruto Tanaka")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(100 * time.Millisecond)
		name := f.agentNamed("akiko")
		f.promptHas(id, "customer", "Haruto Tanaka", name)
		f.promptHas(id, "agent", "Haruto Tanaka", name)

		f.CustomerChanged(store.CustomerView{Customer: store.Customer{ID: f.found[0].ID, Name: "Haruto Tanaka", Town: "Sapporo",
			Orders: []store.Order{{Number: "UM-4729-1835", Title: "Hokkaido winter tour", Status: "paid"}}}})
		f.wait(100 * time.Millisecond)
		f.promptHas(id, "customer", "Sapporo", "Hokkaido winter tour", "UM-4729-1835")

		// The agent opens another order, then a closed case: they are told first.
		orders := []store.Order{{ID: "o1", Number: "UM-4729-1835", Title: "Hokkaido winter tour", Status: "paid"}, {ID: "o2", Number: "UM-4233-4101", Title: "Nakasendo walk", Status: "completed"}}
		f.CustomerChanged(store.CustomerView{Customer: store.Customer{ID: f.found[0].ID, Name: "Haruto Tanaka", Town: "Sapporo", Orders: orders,
			Cases: []store.Case{{ID: "c1", Title: "Suitcase lost in Hakone", Status: "closed"}}}})
		f.wait(100 * time.Millisecond)
		if got, _ := f.prompt(id, "customer"); strings.Contains(got, "UM-4233-4101") || strings.Contains(got, "Hakone") {
			t.Errorf("what is over is told: %q", got)
		}
		for item, want := range map[string]string{"o2": "Customer Haruto Tanaka, Sapporo. Order: Nakasendo walk, UM-4233-4101, Hokkaido winter tour", "c1": "Case: Suitcase lost in Hakone"} {
			f.must(f.OpenItem(f.t.Context(), "akiko", id, item))
			f.wait(100 * time.Millisecond)
			f.promptHas(id, "customer", want)
			f.promptHas(id, "agent", want)
			if c, _ := get[Call](f, "akiko", "call"); c.OpenedItem != item {
				t.Errorf("the desk shows %q as opened, not %q", c.OpenedItem, item)
			}
		}
		if err := f.OpenItem(f.t.Context(), "akiko", id, "o3"); err == nil {
			t.Error("an order of nobody is opened")
		}
		if err := f.OpenItem(f.t.Context(), "ben", id, "o1"); err == nil {
			t.Error("somebody else's call")
		}

		f.SetVocabulary([]store.Vocabulary{{Queue: "Elsewhere", Terms: []store.Term{{Text: "Zebra"}}}, {Terms: []store.Term{{Text: "UmiPass", SoundsLike: []string{"you me pass"}}}}})
		f.wait(100 * time.Millisecond)
		f.promptHas(id, "agent", "UmiPass")
		if got, _ := f.prompt(id, "agent"); strings.Contains(got, "Zebra") {
			t.Errorf("another queue's word: %q", got)
		}

		f.must(f.ChooseCustomer(f.t.Context(), "akiko", id, "new"))
		f.wait(100 * time.Millisecond)
		f.promptHas(id, "customer", "Eva Stern")
		if got, _ := f.prompt(id, "customer"); strings.Contains(got, "Tanaka") || strings.Contains(got, "Hakone") {
			t.Errorf("the wrong record is still told: %q", got)
		}

		// Words of the record carry a mark; what a term sounds like is written as the term.
		f.streams[id+"/customer"].cfg.Listener.Line(transcribe.Line{ID: "l1", Text: "Eva here, a you me pass.", Language: "en",
			Words: []transcribe.Word{{Text: "Eva", Probability: 1}, {Text: "here,", Probability: 1}}})
		f.wait(100 * time.Millisecond)
		l := f.lines[len(f.lines)-1]
		if l.Text != "Eva here, a UmiPass." || !l.Words[0].Known || l.Words[1].Known {
			t.Errorf("line %+v", l)
		}
	})
}

// A leg's language is what was chosen by hand, else the queue's, else the customer's, else what was heard.
func TestLanguageOfALeg(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		queues := f.cfg.Queues
		queues[0].Language = ""
		f.signIn("akiko")
		f.Incoming(newCustomer("+12025550142"))
		f.wait(100 * time.Millisecond)
		id := f.offer("akiko")
		f.must(f.Answer(f.t.Context(), "akiko", id))
		f.wait(100 * time.Millisecond)
		if _, language := f.prompt(id, "customer"); language != "" {
			t.Errorf("language %q before anybody spoke", language)
		}
		f.streams[id+"/customer"].cfg.Listener.Line(transcribe.Line{ID: "l1", Text: "はい", Language: "ja"})
		f.wait(100 * time.Millisecond)
		if c, _ := get[Call](f, "akiko", "call"); c.Languages["customer"] != "ja" || c.LanguageBy["customer"] != "heard" {
			t.Errorf("languages %v by %v", c.Languages, c.LanguageBy)
		}
		f.must(f.SetCallLanguage(f.t.Context(), "akiko", id, "customer", "en"))
		f.wait(100 * time.Millisecond)
		if _, language := f.prompt(id, "customer"); language != "en" {
			t.Errorf("language %q after English was chosen", language)
		}
		if c, _ := get[Call](f, "akiko", "call"); c.Languages["customer"] != "en" || c.LanguageBy["customer"] != "chosen" {
			t.Errorf("languages %v by %v", c.Languages, c.LanguageBy)
		}
		for _, bad := range [][2]string{{"nobody", "en"}, {"customer", "not a language"}} {
			if err := f.SetCallLanguage(f.t.Context(), "akiko", id, bad[0], bad[1]); err == nil {
				t.Errorf("%v is accepted", bad)
			}
		}
		if err := f.SetCallLanguage(f.t.Context(), "ben", id, "customer", "en"); err == nil {
			t.Error("somebody else's call")
		}
	})
}

func (f *fixture) agentNamed(id string) string {
	for _, u := range f.cfg.Users {
		if u.ID == id {
			return u.Name
		}
	}
	f.t.Fatalf("no user %s", id)
	return ""
}
