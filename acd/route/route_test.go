package route

import (
	"math/rand/v2"
	"reflect"
	"strconv"
	"testing"
	"time"
)

func at(s int) time.Time { return time.Unix(int64(s), 0) }

func TestMatch(t *testing.T) {
	bookings := []string{"Bookings"}
	for _, tc := range []struct {
		name    string
		waiting []Waiting
		free    []Free
		want    []Pair
	}{
		{"nobody waits", nil, []Free{{"akiko", bookings, at(0)}}, nil},
		{"nobody is free", []Waiting{{ID: "1", Queue: "Bookings"}}, nil, nil},
		{"longest idle first",
			[]Waiting{{ID: "1", Queue: "Bookings"}},
			[]Free{{"akiko", bookings, at(9)}, {"ben", bookings, at(3)}},
			[]Pair{{"1", "ben"}}},
		{"longest wait first",
			[]Waiting{{ID: "2", Queue: "Bookings", Since: at(5)}, {ID: "1", Queue: "Bookings", Since: at(2)}},
			[]Free{{"akiko", bookings, at(0)}},
			[]Pair{{"1", "akiko"}}},
		{"returned before longer waits",
			[]Waiting{{ID: "1", Queue: "Bookings", Since: at(2)}, {ID: "2", Queue: "Bookings", Since: at(5), Returned: true}},
			[]Free{{"akiko", bookings, at(0)}},
			[]Pair{{"2", "akiko"}}},
		{"queues are kept apart",
			[]Waiting{{ID: "1", Queue: "Orders"}, {ID: "2", Queue: "Bookings", Since: at(5)}},
			[]Free{{"akiko", bookings, at(0)}},
			[]Pair{{"2", "akiko"}}},
		{"who declined is passed over",
			[]Waiting{{ID: "1", Queue: "Bookings", Not: map[string]bool{"akiko": true}}},
			[]Free{{"akiko", bookings, at(0)}, {"ben", bookings, at(3)}},
			[]Pair{{"1", "ben"}}},
		{"one call each",
			[]Waiting{{ID: "1", Queue: "Bookings"}, {ID: "2", Queue: "Bookings", Since: at(1)}},
			[]Free{{"akiko", bookings, at(0)}, {"ben", bookings, at(3)}},
			[]Pair{{"1", "akiko"}, {"2", "ben"}}},
	} {
		if got := Match(tc.waiting, tc.free); !reflect.DeepEqual(got, tc.want) {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

// TestMatchProperties: no one is paired twice, nobody outside a queue, and no possible pair is left.
func TestMatchProperties(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	queues := []string{"a", "b", "c"}
	for range 500 {
		var w []Waiting
		var f []Free
		for i := range rnd.IntN(8) {
			w = append(w, Waiting{ID: strconv.Itoa(i), Queue: queues[rnd.IntN(3)], Since: at(rnd.IntN(5)), Returned: rnd.IntN(4) == 0})
		}
		for i := range rnd.IntN(8) {
			f = append(f, Free{ID: strconv.Itoa(i), Queues: queues[:1+rnd.IntN(3)], IdleSince: at(rnd.IntN(5))})
		}
		taken, placed := map[string]bool{}, map[string]bool{}
		serves := map[string][]string{}
		for _, a := range f {
			serves[a.ID] = a.Queues
		}
		queue := map[string]string{}
		for _, x := range w {
			queue[x.ID] = x.Queue
		}
		for _, p := range Match(w, f) {
			if taken[p.Agent] || placed[p.Interaction] {
				t.Fatalf("paired twice: %v", p)
			}
			taken[p.Agent], placed[p.Interaction] = true, true
		}
		for _, x := range w {
			for _, a := range f {
				for _, q := range serves[a.ID] {
					if q == queue[x.ID] && !placed[x.ID] && !taken[a.ID] {
						t.Fatalf("%s waits while %s is free", x.ID, a.ID)
					}
				}
			}
		}
	}
}
