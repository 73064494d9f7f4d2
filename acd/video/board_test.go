package video

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func parse(t *testing.T, text string) Op {
	t.Helper()
	op, err := Parse([]byte(text))
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return op
}

func TestParseRefuses(t *testing.T) {
	many := strings.Repeat("[1,1],", 500)
	for _, text := range []string{
		"", "{", "null x", "[]", `{"e":0}`, `{"e":-1,"t":"clear"}`, `{"e":0,"t":"clear","x":1}`, `{"e":0,"t":"clear"}{}`,
		`{"e":0,"t":"put"}`, `{"e":0,"t":"put","s":{"id":"","k":"box","p":[[0,0],[1,1]]}}`,
		`{"e":0,"t":"put","s":{"id":"a","k":"circle","p":[[0,0],[1,1]]}}`, `{"e":0,"t":"put","s":{"id":"a","k":"box","p":[[0,0]]}}`,
		`{"e":0,"t":"put","s":{"id":"a","k":"box","p":[[0,0],[1,10001]]}}`, `{"e":0,"t":"put","s":{"id":"a/b","k":"box","p":[[0,0],[1,1]]}}`,
		`{"e":0,"t":"put","s":{"id":"a","k":"text","p":[[0,0]],"c":"` + strings.Repeat("x", 81) + `"}}`,
		`{"e":0,"t":"add","id":"a","at":-1,"p":[[1,1]]}`, `{"e":0,"t":"add","id":"a","at":1999,"p":[[1,1],[2,2]]}`,
		`{"e":0,"t":"add","id":"a","p":[` + many + `[1,1]]}`, `{"e":0,"t":"point","p":[[1,1],[2,2]]}`,
		`{"e":0,"t":"put","s":{"id":"a","k":"pen","p":[[1.5,1]]}}`, strings.Repeat(" ", maxOp+1),
	} {
		if op, err := Parse([]byte(text)); err == nil {
			t.Errorf("%.80s is taken as %+v", text, op)
		}
	}
	op := parse(t, `{"e":0,"t":"put","by":"user-akiko","role":"agent","s":{"id":"a","k":"text","p":[[1,1]],"c":"a\u0000\nb","by":"x"}}`)
	if op.By != "" || op.Shape.By != "" || op.Shape.Text != "ab" {
		t.Errorf("an author of its own, or control characters, come through: %+v %+v", op, op.Shape)
	}
}

// TestOrderDoesNotMatter: whatever order the network delivers in, and whatever it delivers twice, the line is the same.
func TestOrderDoesNotMatter(t *testing.T) {
	var ops []Op
	for i := range 20 {
		ops = append(ops, parse(t, fmt.Sprintf(`{"e":3,"t":"add","id":"l","at":%d,"p":[[%d,1],[%d,2]]}`, 2*i, i, i)))
	}
	want := Board{Epoch: 3}
	for _, op := range ops {
		want.Apply("guest", RoleGuest, op)
	}
	for range 50 {
		got := Board{Epoch: 3}
		shuffled := slices.Concat(ops, ops)
		rand.Shuffle(len(shuffled), func(i, j int) { shuffled[i], shuffled[j] = shuffled[j], shuffled[i] })
		for _, op := range shuffled {
			got.Apply("guest", RoleGuest, op)
		}
		if !slices.Equal(got.Shapes[0].Points, want.Shapes[0].Points) || got.points != 40 {
			t.Fatalf("%v (%d points), want %v", got.Shapes, got.points, want.Shapes)
		}
	}
}

func TestBoardRules(t *testing.T) {
	b := Board{Epoch: 1}
	box := `{"e":1,"t":"put","s":{"id":"a","k":"box","p":[[0,0],[5,5]]}}`
	if b.Apply("guest", RoleGuest, parse(t, strings.Replace(box, `"e":1`, `"e":0`, 1))) {
		t.Error("a drawing on an older board is taken")
	}
	b.Apply("guest", RoleGuest, parse(t, box))
	b.Apply("user-akiko", RoleAgent, parse(t, box)) // the same id is another's shape
	if len(b.Shapes) != 2 {
		t.Fatalf("%d shapes", len(b.Shapes))
	}
	b.Apply("guest", RoleGuest, parse(t, `{"e":1,"t":"del","id":"a"}`))
	if len(b.Shapes) != 1 || b.Shapes[0].By != "user-akiko" {
		t.Errorf("undo takes back %+v", b.Shapes)
	}
	if b.Apply("guest", RoleGuest, parse(t, box)) {
		t.Error("what was taken back comes back late")
	}
	b.without("user-akiko")
	if len(b.Shapes) != 0 || b.Epoch != 2 {
		t.Errorf("%+v", b)
	}
}

// FuzzOp: what a stranger sends never gets a board beyond its bounds.
func FuzzOp(f *testing.F) {
	for _, s := range []string{
		`{"e":0,"t":"put","s":{"id":"a","k":"pen","p":[[1,1],[2,2]]}}`, `{"e":0,"t":"add","id":"a","at":1500,"p":[[3,3]]}`,
		`{"e":0,"t":"del","id":"a"}`, `{"e":0,"t":"point","p":[[1,1]]}`, `{"e":0,"t":"clear"}`,
	} {
		f.Add([]byte(s), uint8(3))
	}
	f.Fuzz(func(t *testing.T, raw []byte, times uint8) {
		var b Board
		for i := range int(times) + 1 {
			op, err := Parse(raw)
			if err != nil {
				return
			}
			if op.Shape != nil {
				op.Shape.ID = fmt.Sprint("s", i)
			}
			b.Apply("guest", RoleGuest, op)
		}
		total := 0
		for _, s := range b.Shapes {
			total += len(s.Points)
			if len(s.Points) > maxPoints || !inside(s.Points) || s.By != "guest" {
				t.Fatalf("shape out of bounds: %+v", s)
			}
		}
		if len(b.Shapes) > maxShapes || total > maxAll || total != b.points {
			t.Fatalf("%d shapes, %d points, counted %d", len(b.Shapes), total, b.points)
		}
		if _, err := json.Marshal(b); err != nil {
			t.Fatal(err)
		}
	})
}

// FuzzMessage: no message of a participant's browser does more than be refused.
func FuzzMessage(f *testing.F) {
	f.Add("camera", []byte(`{"state":"live","source":"user","width":1,"height":1,"light":false,"zoom":1}`))
	f.Add("quality", []byte(`{"mode":"live","kbps":1e300,"fps":-1,"rtt":0,"loss":0}`))
	f.Add("rtc_answer", []byte(`{"sdp":"v=0","gen":1}`))
	f.Add("rate", []byte(`{"stars":9}`))
	f.Fuzz(func(t *testing.T, typ string, raw []byte) {
		seat := &Seat{s: &Sessions{wake: make(chan struct{}, 1)}, p: &seat{}}
		_ = seat.Message(typ, raw) // what it would do is only queued here
	})
}
