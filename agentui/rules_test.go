package agentui

import (
	"strings"
	"testing"
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
