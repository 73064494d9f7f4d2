package agentui

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"patchbay/store"
)

// TestMarksOfEvents: what lasts has its end, also by the call's; what supervisors do unheard is no mark; times are the transcript's.
func TestMarksOfEvents(t *testing.T) {
	start := time.Unix(1000, 0)
	d := store.InteractionDetail{Interaction: store.Interaction{StartedAt: start}}
	at := func(ms float64, data map[string]any) map[string]any {
		if data == nil {
			data = map[string]any{}
		}
		data["at_ms"] = ms
		return data
	}
	events := []store.Event{
		{Type: "started", Actor: "customer"},
		{Type: "held", Actor: "akiko", Data: at(1000, nil)},
		{Type: "supervision", Actor: "sofia", Data: at(1100, map[string]any{"mode": "listen"})},
		{Type: "resumed", Actor: "akiko", Data: at(3000, nil)},
		{Type: "supervision", Actor: "sofia", Data: at(4000, map[string]any{"mode": "barge"})},
		{Type: "supervision", Actor: "theo", Data: at(4100, map[string]any{"mode": "whisper"})},
		{Type: "supervision", Actor: "sofia", Data: at(5000, map[string]any{"mode": "whisper"})},
		{Type: "sensitive_started", Actor: "rule", Data: at(6000, nil)},
		{Type: "sensitive_ended", Actor: "system", Data: at(7000, nil)},
		{Type: "transferred", Actor: "akiko", Data: at(8000, map[string]any{"mode": "blind", "reason": "billing"})},
		{Type: "recording_paused", Actor: "ben", Data: at(9000, nil)},
		{Type: "supervision", Actor: "sofia", At: start.Add(9500 * time.Millisecond), Data: map[string]any{"mode": "takeover"}}, // of an older server
		{Type: "ended", Actor: "customer", Data: at(10000, nil)},
	}
	got, _ := json.Marshal(marksOfEvents(d, events, map[string]string{"akiko": "Akiko Mori", "sofia": "Sofia Reyes"}))
	want := `[{"kind":"hold","at_ms":1000,"until_ms":3000,"by":"akiko","name":"Akiko Mori","mode":""},` +
		`{"kind":"barge","at_ms":4000,"until_ms":5000,"by":"sofia","name":"Sofia Reyes","mode":""},` +
		`{"kind":"sensitive","at_ms":6000,"until_ms":7000,"by":"rule","name":"","mode":""},` +
		`{"kind":"transfer","at_ms":8000,"until_ms":null,"by":"akiko","name":"Akiko Mori","mode":"blind"},` +
		`{"kind":"pause","at_ms":9000,"until_ms":10000,"by":"ben","name":"","mode":""},` +
		`{"kind":"takeover","at_ms":9500,"until_ms":10000,"by":"sofia","name":"Sofia Reyes","mode":""}]`
	if string(got) != want {
		t.Errorf("marks\n%s, want\n%s", got, want)
	}
	cues := vttMarks(marksOfEvents(d, events, map[string]string{"akiko": "A<b>"}), "en")
	if c := cues[0]; c.text != "<i>[A&lt;b&gt;: on hold]</i>" || c.startMS != 1000 || c.end != 3000 {
		t.Errorf("cue %+v", c)
	}
}

// TestCaptionsSpeakTheCall: marks are in the language that the call is held in, and English where there are no words of another.
func TestCaptionsSpeakTheCall(t *testing.T) {
	said := func(texts ...string) (lines []store.Line) {
		for _, text := range texts {
			lines = append(lines, store.Line{Text: text})
		}
		return lines
	}
	for i, c := range []struct {
		lines []store.Line
		queue string
		want  string
	}{
		{said("もしもし。", "Yes.", "箱根です。"), "en", "ja"}, {said("Hello.", "はい。"), "ja", "en"}, {said("Hello."), "ja", "en"},
		{nil, "ja-JP", "ja"}, {nil, "", "en"}, {said("Guten Tag."), "de", "en"},
	} {
		if got := spokenIn(c.lines, c.queue); got != c.want {
			t.Errorf("%d: %s, want %s", i, got, c.want)
		}
	}
	for key := range vttWords["en"] {
		if word := vttWords["ja"][key]; word == "" || word == vttWords["en"][key] {
			t.Errorf("%s has no Japanese", key)
		}
	}
	if cues := vttMarks([]transcriptMark{{Kind: "hold", AtMS: 1000, Name: "森"}}, "ja"); cues[0].text != "<i>[森: 保留]</i>" {
		t.Errorf("%+v", cues)
	}
}

// TestExportsHaveNamesAndMarks: each leg's own name and the marks are in transcript and exports; and an agent does not learn from any
// of them that a supervisor listened whom the desk hid.
func TestExportsHaveNamesAndMarks(t *testing.T) {
	a := newAccessRig(t)
	id := a.ids["bookings"]
	journal, err := store.NewJournal(store.JournalConfig{Dir: t.TempDir(), Store: a.srv.cfg.Store.(*store.Store)})
	if err != nil {
		t.Fatal(err)
	}
	line := func(leg, name, text string, ms int64) {
		journal.SaveLine(store.Line{InteractionID: id, ID: leg + text, Speaker: "agent", Leg: leg, Name: name, StartMS: ms, EndMS: ms + 500, Text: text})
	}
	line("agent", "Akiko Mori", "Wait, please.", 1000)
	line("agent-2", "Ben Ito", "Hello.", 9000)
	line("agent-2", "", "Recovered.", 9900) // by a server that was killed
	for i, e := range []store.Event{
		{Type: "supervision", Actor: "rosa", Data: map[string]any{"mode": "listen", "visible": false, "at_ms": 500}},
		{Type: "transferred", Actor: "akiko", Data: map[string]any{"mode": "blind", "at_ms": 5000}},
		{Type: "supervision", Actor: "rosa", Data: map[string]any{"mode": "leave", "at_ms": 6000}},
		{Type: "supervision", Actor: "sofia", Data: map[string]any{"mode": "barge", "visible": true, "at_ms": 9500}},
	} {
		e.InteractionID, e.Seq, e.At = id, int64(i+2), time.Now()
		journal.AddEvent(e)
	}
	done := make(chan error, 1)
	go func() { done <- journal.Run(t.Context()) }()
	if err := journal.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = journal.Close()
	<-done
	const base = "/api/v1/interactions/"
	for path, want := range map[string][]string{
		"/transcript":         {`"name":"Akiko Mori"`, `"name":"Ben Ito","start_ms":9900`, `"kind":"transfer","at_ms":5000`, `"kind":"barge","at_ms":9500`},
		"/export?format=vtt":  {"<v Akiko Mori>Wait, please.", "<v Ben Ito>Recovered.", "00:00:05.000 --> 00:00:07.000\n<i>[akiko: hands the call over]</i>", "<v Customer>winter"},
		"/export?format=json": {`"transcript_marks":[{"kind":"transfer"`, `"name":"Ben Ito"`},
		"/timeline":           {`"mode":"barge"`},
	} {
		for user, sees := range map[string]bool{"dai": false, "rosa": true} {
			status, body := a.clients[user].do("GET", base+id+path, nil)
			for _, w := range want {
				if status != 200 || !strings.Contains(body, w) {
					t.Errorf("%s by %s: %d, lacks %s: %s", path, user, status, w, body)
				}
			}
			if told := strings.Contains(body, `"listen"`) || strings.Contains(body, `"leave"`); told != (sees && (path == "/timeline" || path == "/export?format=json")) {
				t.Errorf("%s by %s tells of who listened: %t", path, user, told)
			}
		}
	}
}
