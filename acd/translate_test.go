package acd

import (
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/store"
)

// english is what the newest version of a line, as kept and as shown, means.
func (f *fixture) english(id, lineID string) string {
	f.t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, l := range slices.Backward(f.lines) {
		if l.ID == lineID {
			if shown, ok := f.topics[id]["line"].(store.Line); ok && shown.ID == lineID && shown.Translation != l.Translation {
				f.t.Errorf("%s is shown as %q and kept as %q", lineID, shown.Translation, l.Translation)
			}
			return l.Translation
		}
	}
	f.t.Errorf("no line %s", lineID)
	return ""
}

func (f *fixture) translation(id, leg, lineID, text string) {
	f.streamOf(id, leg).cfg.Listener.Translation(lineID, text)
	f.wait(10 * time.Millisecond)
}

func (f *fixture) everTranslated(text string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.ContainsFunc(f.lines, func(l store.Line) bool { return strings.Contains(l.Translation, text) })
}

func TestALineIsShownAgainWithItsEnglish(t *testing.T) {
	inBubble(t, func(c *Config) { c.Translate = "ja" }, func(f *fixture) {
		id, _, _ := f.talking()
		if got := f.streamOf(id, "customer").cfg.Translate; got != "ja" {
			t.Errorf("the recogniser is asked for %q", got)
		}
		f.line(id, "customer", "l1", "キャンセルしたいのですが", 1000, 3000)
		f.line(id, "customer", "l2", "お願いします", 4000, 5000)
		f.translation(id, "customer", "l1", "I would like to cancel.")
		if got := f.english(id, "customer/l1"); got != "I would like to cancel." {
			t.Errorf("l1 is %q", got)
		}
		if got := f.written("customer/l1"); got != "キャンセルしたいのですが" {
			t.Errorf("the line itself became %q", got)
		}
		if got := f.english(id, "customer/l2"); got != "" {
			t.Errorf("l2 is %q", got)
		}
		f.translation(id, "customer", "l99", "Of a line that is nowhere.")
		if f.everTranslated("nowhere") {
			t.Error("the English of a line that was never given out is kept")
		}
	})
}

func TestNoEnglishOfWhatIsMasked(t *testing.T) {
	inBubble(t, func(c *Config) { c.Translate = "all" }, func(f *fixture) {
		id, _, _ := f.talking()
		// The line's own words are masked: whatever its English says, it is not shown.
		f.line(id, "customer", "l1", "カード番号は4111 1111 1111 1111です", 1000, 6000)
		f.translation(id, "customer", "l1", "My card is four triple one and so on.")
		if f.everTranslated("triple") {
			t.Error("the English of a masked line was kept")
		}
		// The English alone has a number that must not stand there.
		f.line(id, "customer", "l2", "はい、それです", 20_000, 21_000)
		f.translation(id, "customer", "l2", "Yes, 4111 1111 1111 1111.")
		if f.everTranslated("1111") || f.english(id, "customer/l2") != "" {
			t.Error("a card number in the English was kept")
		}
	})
}

// Digits that may begin a card number hold the English back; where the number comes, what was shown before goes.
func TestEnglishWaitsForDigitsToSettle(t *testing.T) {
	inBubble(t, func(c *Config) { c.Translate = "all" }, func(f *fixture) {
		id, _, _ := f.talking()
		f.line(id, "customer", "l1", "それは 4 5 6 7 8", 1000, 4000)
		f.translation(id, "customer", "l1", "It was 4 5 6 7 8")
		if f.everTranslated("4 5") {
			t.Error("digits that may go on were shown in English")
		}
		f.wait(revealAfter + 3*time.Second)
		if got := f.english(id, "customer/l1"); !strings.Contains(got, "4 5 6 7 8") {
			t.Errorf("settled: %q", got)
		}

		f.line(id, "customer", "l2", "最初は 4111 1111", 30_000, 33_000)
		f.translation(id, "customer", "l2", "Look at the first one")
		f.wait(revealAfter + 3*time.Second)
		before := f.english(id, "customer/l2")
		if before == "" {
			t.Error("settled digits keep their English back")
		}
		f.line(id, "customer", "l3", "1111 1111", 33_500, 35_000)
		if strings.Contains(f.written("customer/l2"), "1111") {
			t.Fatal("the number over two lines was not masked")
		}
		if after := f.english(id, "customer/l2"); after != "" {
			t.Errorf("the line is masked now; its English was %q and is %q", before, after)
		}
	})
}
