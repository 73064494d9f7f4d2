package acd

import (
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/transcribe"
)

// talking signs akiko in and connects her with a customer.
func (f *fixture) talking() (id string, customer, agent interface{ hears() int16 }) {
	a := f.signIn("akiko")
	c := newCustomer("+12025550142")
	f.Incoming(c)
	f.wait(100 * time.Millisecond)
	id = f.offer("akiko")
	f.must(f.Answer(f.t.Context(), "akiko", id))
	f.wait(100 * time.Millisecond)
	return id, c, a
}

// line lets the recogniser hear a line of a leg.
func (f *fixture) line(id, leg, lineID, text string, fromMS, toMS int64) {
	f.streamOf(id, leg).cfg.Listener.Line(transcribe.Line{ID: lineID, Text: text, Spoken: text, StartMS: fromMS, EndMS: toMS})
	f.wait(10 * time.Millisecond)
}

func (f *fixture) partial(id, leg, text string, fromMS int64) {
	f.streamOf(id, leg).cfg.Listener.Partial(transcribe.Partial{Text: text, StartMS: fromMS})
	f.wait(10 * time.Millisecond)
}

func (f *fixture) streamOf(id, leg string) *stream {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.streams[id+"/"+leg]
}

// written is the newest text of a line, as kept.
func (f *fixture) written(lineID string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range slices.Backward(f.lines) {
		if l.ID == lineID {
			return l.Text
		}
	}
	f.t.Errorf("no line %s", lineID)
	return ""
}

func (f *fixture) everKept(text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range f.lines {
		if strings.Contains(l.Text+l.Spoken, text) {
			return true
		}
	}
	return false
}

func TestCardNumberIsMaskedBeforeItIsKeptOrShown(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		id, _, _ := f.talking()
		f.partial(id, "customer", "my card is 4111 1111 11", 1000)
		if p, ok := f.topics[id]["partial"].(Partial); !ok || strings.Contains(p.Text, "4111") || !strings.Contains(p.Text, "my card") {
			t.Errorf("the partial shows %q", p.Text)
		}
		f.line(id, "customer", "l1", "my card is 4111 1111 1111 1111, thank you", 1000, 6000)
		if got := f.written("customer/l1"); strings.Contains(got, "1111") || !strings.Contains(got, "thank you") {
			t.Errorf("kept: %q", got)
		}
		if f.everKept("4111") {
			t.Error("the number was kept before it was masked")
		}
		if !slices.Contains(f.events[id], "masked") {
			t.Errorf("the timeline does not say so: %v", f.events[id])
		}
	})
}

func TestDigitsThatMayGoOnAreShownWhenTheyDoNot(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		id, _, _ := f.talking()
		f.line(id, "customer", "l1", "it was 4 5 6 7 8", 1000, 4000)
		if got := f.written("customer/l1"); strings.Contains(got, "4 5") {
			t.Errorf("digits that may begin a card number were kept at once: %q", got)
		}
		f.partial(id, "customer", "and", 5000) // the customer speaks on: it waits
		f.wait(revealAfter + 3*time.Second)
		if got := f.written("customer/l1"); strings.Contains(got, "4 5") {
			t.Errorf("shown while the customer speaks on: %q", got)
		}
		f.line(id, "customer", "l2", "and that is all", 5000, 9000)
		f.wait(revealAfter + 3*time.Second)
		if got := f.written("customer/l1"); !strings.Contains(got, "4 5 6 7 8") {
			t.Errorf("still hidden: %q", got)
		}
	})
}

func TestAskingForACardNumberBeginsASensitiveStretch(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		id, _, _ := f.talking()
		customer := f.streamOf(id, "customer")
		f.line(id, "customer", "l0", "can you take my card number", 0, 900) // the customer's own words begin nothing
		f.line(id, "agent", "l1", "Your order was paid by card.", 1000, 2000)
		if c, _ := get[Call](f, "akiko", "call"); c.Sensitive != nil {
			t.Fatal("a mere mention began a sensitive stretch")
		}
		f.partial(id, "agent", "Could you read me your card number", 3000)
		f.line(id, "agent", "l2", "Could you read me your card number, please?", 3000, 5000)
		c, _ := get[Call](f, "akiko", "call")
		if c.Sensitive == nil || c.Sensitive.By != sensitiveRule || c.Sensitive.Until == nil {
			t.Fatalf("sensitive is %+v", c.Sensitive)
		}
		f.wait(100 * time.Millisecond)
		before := customer.count(customerSays)
		f.wait(10 * time.Second)
		if n := customer.count(customerSays) - before; n != 0 {
			t.Errorf("%d frames of a sensitive stretch reached the recogniser", n)
		}
		f.wait(DefaultSensitiveTime)
		if c, _ := get[Call](f, "akiko", "call"); c.Sensitive != nil {
			t.Error("it did not end by itself")
		}
		if n := customer.count(customerSays) - before; n == 0 {
			t.Error("nothing is written down afterwards")
		}
		if e := f.events[id]; !slices.Contains(e, "sensitive_started") || !slices.Contains(e, "sensitive_ended") {
			t.Errorf("events: %v", e)
		}

		f.must(f.SetSensitive(f.t.Context(), "akiko", id, true))
		f.must(f.SetSensitive(f.t.Context(), "akiko", id, false))
		if c, _ := get[Call](f, "akiko", "call"); c.Sensitive != nil {
			t.Error("the agent could not end it")
		}
	})
}

func TestAsksForSecret(t *testing.T) {
	for text, want := range map[string]bool{
		"May I have your credit card number?":                  true,
		"Please read me the sixteen digit card number.":        true,
		"And what's the security code on the back?":            true,
		"Could you tell me the CVV?":                           true,
		"お支払いのカード番号をお願いします":                                    true,
		"セキュリティコードを教えていただけますか":                                 true,
		"You paid by card, so the refund goes to the card.":    false,
		"Could you give me your order number?":                 false,
		"カードでお支払い済みです":                                         false,
		"What is the number of your booking?":                  false,
		"I can see the card you sent us, what a lovely thing.": false,
	} {
		if got := asksForSecret(text); got != want {
			t.Errorf("asksForSecret(%q) = %v", text, got)
		}
	}
}

func TestWhatIsTypedIsMasked(t *testing.T) {
	inBubble(t, nil, func(f *fixture) {
		id, _, _ := f.talking()
		const typed = "Paid with 4111-1111-1111-1111, wants a receipt"
		f.must(f.Note(f.t.Context(), "akiko", id, typed))
		if c, _ := get[Call](f, "akiko", "call"); strings.Contains(c.Note, "1111") || !strings.Contains(c.Note, "receipt") {
			t.Errorf("note: %q", c.Note)
		}
		f.must(f.HangUp(f.t.Context(), "akiko", id))
		f.must(f.WrapUp(f.t.Context(), "akiko", id, "solved", typed))
		f.wait(time.Second)
		f.mu.Lock()
		defer f.mu.Unlock()
		if n := f.recs[id].Note; strings.Contains(n, "1111") || !strings.Contains(n, "receipt") {
			t.Errorf("note kept: %q", n)
		}
	})
}
