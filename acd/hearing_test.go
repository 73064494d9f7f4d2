package acd

import (
	"slices"
	"testing"

	"patchbay/media"
)

// Slots of the scenes that the tests go through.
const (
	slotCustomer = media.Slot(iota)
	slotPlayer
	slotAkiko
	slotBen
	slotNumber
	slotSofia
	slotTheo
	slotLeft
	slotRight
	slotGuest
)

// supervisors are all that one can be at a call, and not to be there.
func supervisorPlaces(slot media.Slot) []*place {
	all := []*place{nil}
	for _, mode := range []Mode{Listen, Whisper, Barge, TakeOver} {
		for _, r := range []room{mainRoom, sideRoom} {
			if r == sideRoom && (mode == Barge || mode == TakeOver) {
				continue // they take part with the customer
			}
			for _, muted := range []bool{false, true} {
				all = append(all, &place{slot: slot, kind: KindSupervisor, mode: mode, room: r, muted: muted, host: mode == Barge || mode == TakeOver})
			}
		}
	}
	return all
}

// everyScene goes through every scene of a customer, two agents, a number and two supervisors.
func everyScene(f func(*scene)) int {
	agents := func(slot media.Slot, asked bool) []*place {
		all := []*place{nil}
		for _, muted := range []bool{false, true} {
			all = append(all, &place{slot: slot, kind: KindAgent, host: true, muted: muted},
				&place{slot: slot, kind: KindAgent, room: sideRoom, host: !asked, muted: muted})
		}
		return all
	}
	number := place{slot: slotNumber, kind: KindNumber}
	numbers := []*place{nil}
	for _, early := range []bool{false, true} {
		for _, r := range []room{mainRoom, sideRoom} {
			n := number
			n.early, n.room = early, r
			numbers = append(numbers, &n)
		}
		n := number
		n.early, n.host = early, true // the call was handed to it
		numbers = append(numbers, &n)
	}
	n := 0
	for _, akiko := range agents(slotAkiko, false) {
		for _, ben := range agents(slotBen, true) {
			for _, num := range numbers {
				for _, sofia := range supervisorPlaces(slotSofia) {
					for _, theo := range supervisorPlaces(slotTheo) {
						var places []place
						for _, p := range []*place{{slot: slotCustomer, kind: KindCustomer}, akiko, ben, num, sofia, theo} {
							if p != nil {
								places = append(places, *p)
							}
						}
						for flags := range 16 {
							n++
							if flags&8 != 0 { // the customer speaks in a browser
								if sofia != nil && theo != nil {
									continue
								}
								places = append(slices.Clone(places), place{slot: slotGuest, kind: KindGuest})
								places[0].moved = true
							}
							f(&scene{places: places, player: slotPlayer, held: flags&1 != 0, sensitive: flags&2 != 0, closing: flags&4 != 0,
								recording: true, recorderCustomer: slotLeft, recorderAgents: slotRight})
						}
					}
				}
			}
		}
	}
	return n
}

// TestWhoHearsWhom states what must hold in every scene that there is, of who hears whom and of what is kept.
func TestWhoHearsWhom(t *testing.T) {
	failed := 0
	fail := func(s *scene, what string) {
		if failed++; failed <= 10 {
			t.Errorf("%s: %+v", what, *s)
		}
	}
	n := everyScene(func(s *scene) {
		m := s.matrix()
		checkMatrix(s, m, func(what string) { fail(s, what) })
		if s.held && (m.Hears(slotCustomer, slotAkiko) || m.Hears(slotAkiko, slotCustomer) || !m.Hears(slotCustomer, slotPlayer) && !s.places[0].moved) {
			fail(s, "a customer on hold does not hear music alone")
		}
	})
	t.Logf("%d scenes", n)
}

// checkMatrix states what no matrix may break. It knows nothing of how the matrix is made.
func checkMatrix(s *scene, m media.Matrix, fail func(string)) {
	left, right, customerHears := s.recorderCustomer, s.recorderAgents, func(media.Slot) bool { return false }
	for _, p := range s.places {
		if p.kind == KindCustomer && !p.moved || p.kind == KindGuest {
			customerHears = func(v media.Slot) bool { return m.Hears(p.slot, v) }
		}
	}
	for i := range s.places {
		v := &s.places[i]
		besides := v.kind == KindSupervisor && v.mode != Barge && v.mode != TakeOver
		for j := range s.places {
			l := &s.places[j]
			if !m.Hears(l.slot, v.slot) {
				continue
			}
			switch {
			case v.muted:
				fail("a muted party is heard")
			case v.moved || l.moved:
				fail("a telephone speaks or hears whose person speaks in a browser")
			case v.kind == KindSupervisor && v.mode == Listen:
				fail("a supervisor who listens is heard")
			case besides && l.kind != KindAgent:
				fail("a whisper reaches the " + string(l.kind))
			case s.sensitive && l.kind == KindSupervisor && l.mode != Barge && l.mode != TakeOver:
				fail("somebody listens in on a sensitive stretch")
			case l.kind != KindSupervisor && v.kind != KindSupervisor && l.room != v.room:
				fail("a voice comes through the wall of a consultation")
			case l.early:
				fail("a telephone hears before it answers")
			}
		}
		if m.Hears(left, v.slot) && v.kind != KindCustomer && v.kind != KindGuest {
			fail("somebody else is kept on the customer's side")
		}
		if m.Hears(right, v.slot) && !customerHears(v.slot) {
			fail("what the customer does not hear is kept")
		}
		if m.Hears(right, v.slot) && (besides || v.kind == KindCustomer) {
			fail("the wrong one is kept on our side")
		}
		if s.sensitive && (m.Hears(left, v.slot) || m.Hears(right, v.slot)) {
			fail("a sensitive stretch is kept")
		}
		if v.moved && (m.Hears(left, v.slot) || m.Hears(v.slot, s.player)) {
			fail("a telephone is kept, or hears music, whose person speaks in a browser")
		}
		if m.Hears(v.slot, left) || m.Hears(v.slot, right) {
			fail("the recorder speaks")
		}
	}
	if m.Hears(left, s.player) || m.Hears(right, s.player) {
		fail("music is kept")
	}
}

// TestScenesByHand says in words who hears whom in the common ones.
func TestScenesByHand(t *testing.T) {
	customer := place{slot: slotCustomer, kind: KindCustomer}
	akiko := place{slot: slotAkiko, kind: KindAgent, host: true}
	ben := place{slot: slotBen, kind: KindAgent, host: true}
	number := place{slot: slotNumber, kind: KindNumber}
	sofia := func(mode Mode) place {
		return place{slot: slotSofia, kind: KindSupervisor, mode: mode, host: mode == Barge || mode == TakeOver}
	}
	aside := func(p place, host bool) place { p.room, p.host = sideRoom, host; return p }
	const c, pl, a, b, n, s, left, right, g = slotCustomer, slotPlayer, slotAkiko, slotBen, slotNumber, slotSofia, slotLeft, slotRight, slotGuest
	moved, guest := customer, place{slot: slotGuest, kind: KindGuest}
	moved.moved = true
	for _, tc := range []struct {
		name  string
		scene scene
		hears map[media.Slot][]media.Slot
	}{
		{"waits", scene{places: []place{customer}}, map[media.Slot][]media.Slot{c: {pl}, left: {c}}},
		{"talk", scene{places: []place{customer, akiko}}, map[media.Slot][]media.Slot{c: {a}, a: {c}, left: {c}, right: {a}}},
		{"listen", scene{places: []place{customer, akiko, sofia(Listen)}},
			map[media.Slot][]media.Slot{c: {a}, a: {c}, s: {c, a}, left: {c}, right: {a}}},
		{"whisper", scene{places: []place{customer, akiko, sofia(Whisper)}},
			map[media.Slot][]media.Slot{c: {a}, a: {c, s}, s: {c, a}, left: {c}, right: {a}}},
		{"barge", scene{places: []place{customer, akiko, sofia(Barge)}},
			map[media.Slot][]media.Slot{c: {a, s}, a: {c, s}, s: {c, a}, left: {c}, right: {a, s}}},
		{"take over", scene{places: []place{customer, sofia(TakeOver)}},
			map[media.Slot][]media.Slot{c: {s}, s: {c}, left: {c}, right: {s}}},
		{"consult", scene{places: []place{customer, aside(akiko, true), aside(ben, false)}},
			map[media.Slot][]media.Slot{c: {pl}, a: {b}, b: {a}, left: {c}}},
		{"swapped", scene{places: []place{customer, akiko, aside(ben, false)}},
			map[media.Slot][]media.Slot{c: {a}, a: {c}, b: {pl}, left: {c}, right: {a}}},
		{"conference", scene{places: []place{customer, akiko, ben, number}},
			map[media.Slot][]media.Slot{c: {a, b, n}, a: {c, b, n}, b: {c, a, n}, n: {c, a, b}, left: {c}, right: {a, b, n}}},
		{"conference on hold", scene{places: []place{customer, akiko, ben, number}, held: true},
			map[media.Slot][]media.Slot{c: {pl}, n: {pl}, a: {b}, b: {a}, left: {c}}},
		{"in the browser", scene{places: []place{moved, akiko, guest}},
			map[media.Slot][]media.Slot{g: {a}, a: {g}, left: {g}, right: {a}}},
		{"in the browser, on hold", scene{places: []place{moved, akiko, guest}, held: true},
			map[media.Slot][]media.Slot{g: {pl}, left: {g}}},
		{"handed to a number", scene{places: []place{customer, {slot: slotNumber, kind: KindNumber, host: true}}},
			map[media.Slot][]media.Slot{c: {n}, n: {c}, left: {c}, right: {n}}},
		{"barge while the agent asks", scene{places: []place{customer, aside(akiko, true), aside(ben, false), sofia(Barge)}},
			map[media.Slot][]media.Slot{c: {s}, s: {c}, a: {b}, b: {a}, left: {c}, right: {s}}},
	} {
		sc := tc.scene
		sc.player, sc.recording, sc.recorderCustomer, sc.recorderAgents = pl, true, left, right
		m := sc.matrix()
		for l := range media.Slot(slotGuest + 1) {
			for v := range media.Slot(slotGuest + 1) {
				want := false
				for _, x := range tc.hears[l] {
					want = want || x == v
				}
				if m.Hears(l, v) != want {
					t.Errorf("%s: %d hears %d: %t, want %t", tc.name, l, v, !want, want)
				}
			}
		}
	}
}
