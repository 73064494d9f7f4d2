package agentui

import (
	"strings"
	"testing"

	"patchbay/store"
)

func TestRules(t *testing.T) {
	r := newRig(t)
	admin := r.signedIn("admin")
	rules := map[string]any{"phrases": []any{map[string]any{"kind": "exact", "text": "complaint"}, map[string]any{"kind": "pattern", "text": "refund(ed)? twice"}}}
	want := `{"phrases":[{"kind":"exact","text":"complaint"},{"kind":"pattern","text":"refund(ed)? twice"}]}`
	for _, method := range []string{"PUT", "GET"} {
		if status, body := admin.do(method, "/api/v1/rules", rules); status != 200 || strings.TrimSpace(body) != want {
			t.Error(method, status, body)
		}
		rules = nil
	}
	if told := r.center.last(); told != "phrases 2" {
		t.Errorf("the contact centre was told %q", told)
	}
	try := func(body any, want string) {
		t.Helper()
		if status, got := admin.do("POST", "/api/v1/rules/test", body); status != 200 || strings.TrimSpace(got) != want {
			t.Error(status, got)
		}
	}
	try(map[string]any{"text": "A Complaint: refunded twice."}, `{"matches":[{"kind":"exact","text":"complaint","said":"Complaint"},{"kind":"pattern","text":"refund(ed)? twice","said":"refunded twice"}]}`)
	try(map[string]any{"text": "解約したい", "phrases": []any{map[string]any{"kind": "exact", "text": "解約"}}}, `{"matches":[{"kind":"exact","text":"解約","said":"解約"}]}`)
	try(map[string]any{"text": "All is well."}, `{"matches":[]}`)
	for name, rule := range map[string]any{
		"no pattern": map[string]any{"kind": "pattern", "text": "("}, "fits all": map[string]any{"kind": "pattern", "text": "x*"},
		"no kind": map[string]any{"kind": "", "text": "a"}, "empty": map[string]any{"kind": "exact", "text": " "},
		"long": map[string]any{"kind": "exact", "text": strings.Repeat("x", 300)},
	} {
		for _, path := range []string{"/api/v1/rules", "/api/v1/rules/test"} {
			method := map[bool]string{true: "PUT", false: "POST"}[path == "/api/v1/rules"]
			body := map[string]any{"phrases": []any{rule}}
			if method == "POST" {
				body["text"] = "x"
			}
			if status, got := admin.do(method, path, body); status != 400 || !strings.Contains(got, "bad_rule") {
				t.Errorf("%s: %d %s", name, status, got)
			}
		}
	}
	if status, _ := r.signedIn("sofia").do("PUT", "/api/v1/rules", map[string]any{"phrases": []any{}}); status != 403 {
		t.Errorf("a supervisor changes the rules: %d", status)
	}
}

// TestCues: administrators say from when on a call may need somebody, and it counts at once; what would say so of every call is refused.
func TestCues(t *testing.T) {
	r := newRig(t)
	admin := r.signedIn("admin")
	r.store.queues["q1"] = store.Queue{ID: "q1", Name: "Bookings"}
	if status, body := admin.do("GET", "/api/v1/cues", nil); status != 200 || !strings.Contains(body, `"items":[],"default":{"queue_id":"","wait_seconds":120,"silence_seconds":30,"long_times":2,"long_seconds":300,"overlap_seconds":6}`) {
		t.Error("as it is made:", status, body)
	}
	mine := store.Cues{QueueID: "q1", WaitSeconds: 60, LongTimes: 1.5, LongSeconds: 600}
	status, body := admin.do("PUT", "/api/v1/cues", cueChange{[]store.Cues{{SilenceSeconds: 45}, mine}})
	if status != 200 || !strings.Contains(body, `"queue_id":"q1","wait_seconds":60`) || r.center.last() != "cues 2" {
		t.Error(status, body, r.center.last())
	}
	for name, c := range map[string]store.Cues{
		"a queue that is none": {QueueID: "q9"}, "a wait of everybody": {WaitSeconds: 1}, "a wait of nobody": {WaitSeconds: 4000}, "a breath": {SilenceSeconds: 2},
		"shorter than usual": {LongTimes: 0.5}, "never": {LongTimes: 99}, "negative": {LongSeconds: -1}, "longer than the minute": {OverlapSeconds: 60},
	} {
		if status, body := admin.do("PUT", "/api/v1/cues", cueChange{[]store.Cues{c}}); status != 400 || !strings.Contains(body, "bad_cues") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
	if status, body := admin.do("PUT", "/api/v1/cues", cueChange{[]store.Cues{mine, mine}}); status != 400 {
		t.Error("one queue twice:", status, body)
	}
	if status, _ := r.signedIn("sofia").do("PUT", "/api/v1/cues", cueChange{}); status != 403 {
		t.Errorf("a supervisor changes the cues: %d", status)
	}
	if _, body := admin.do("GET", "/api/v1/cues", nil); !strings.Contains(body, `"silence_seconds":45`) {
		t.Error("a refusal changed them:", body)
	}
}
