package agentui

import (
	"strings"
	"testing"
)

func TestMasks(t *testing.T) {
	r := newRig(t)
	admin := r.signedIn("admin")
	rules := map[string]any{"patterns": []any{
		map[string]any{"name": " Membership ", "pattern": `\bKX-\d{4}\b`, "active": true},
		map[string]any{"name": "Old", "pattern": `old\d{3}`, "active": false},
	}}
	for _, method := range []string{"PUT", "GET"} {
		status, body := admin.do(method, "/api/v1/masks", rules)
		if status != 200 || !strings.Contains(body, `"patterns":[{"name":"Membership","pattern":"\\bKX-\\d{4}\\b","active":true},{"name":"Old"`) || !strings.Contains(body, `"kind":"security_code"`) {
			t.Error(method, status, body)
		}
		rules = nil
	}
	if told := r.center.last(); told != `masks [\bKX-\d{4}\b]` {
		t.Errorf("the contact centre was told %q", told)
	}
	try := func(body any, wants ...string) {
		t.Helper()
		status, got := admin.do("POST", "/api/v1/masks/test", body)
		for _, want := range wants {
			if status != 200 || !strings.Contains(got, want) {
				t.Errorf("%d %s lacks %s", status, got, want)
			}
		}
	}
	try(map[string]any{"text": "It is KX-1234, old123.\nAnd my card 4111 1111 1111 1111."},
		`"masked":"It is ••••, old123.\nAnd my card ••••."`, `"fits":[{"name":"Membership","text":"KX-1234"}]`, `"pattern"`, `"card"`)
	try(map[string]any{"text": "KX-1234", "patterns": []any{}}, `"masked":"KX-1234"`, `"fits":[]`, `"kinds":[]`)
	for name, bad := range map[string]map[string]any{
		"broad":   {"name": "a", "pattern": `\d+`, "active": true},
		"idle":    {"name": "a", "pattern": "(", "active": false},
		"no name": {"name": " ", "pattern": "abcd", "active": true},
		"unknown": {"name": "a", "pattern": "abcd", "on": true},
	} {
		if status, got := admin.do("PUT", "/api/v1/masks", map[string]any{"patterns": []any{bad}}); status != 400 {
			t.Errorf("%s: %d %s", name, status, got)
		}
	}
	heavy := []any{}
	for _, name := range []string{"a", "b", "c", "d"} {
		heavy = append(heavy, map[string]any{"name": name, "pattern": `\d{900}`, "active": true})
	}
	if status, got := admin.do("PUT", "/api/v1/masks", map[string]any{"patterns": heavy}); status != 400 || !strings.Contains(got, "switch some off") {
		t.Errorf("patterns that take too long: %d %s", status, got)
	}
	twice := map[string]any{"name": "a", "pattern": "abcd", "active": true}
	if status, got := admin.do("PUT", "/api/v1/masks", map[string]any{"patterns": []any{twice, twice}}); status != 400 || !strings.Contains(got, "another name") {
		t.Errorf("two of one name: %d %s", status, got)
	}
	if status, _ := admin.do("POST", "/api/v1/masks/test", map[string]any{"text": strings.Repeat("x", maxRuleText+1)}); status != 400 {
		t.Errorf("a long text: %d", status)
	}
	if status, _ := r.signedIn("sofia").do("PUT", "/api/v1/masks", map[string]any{"patterns": []any{}}); status != 403 {
		t.Errorf("a supervisor changes what is masked: %d", status)
	}
}
