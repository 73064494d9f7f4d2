package agentui

import (
	"strings"
	"testing"
)

func TestVocabulary(t *testing.T) {
	r := newRig(t)
	admin := r.signedIn("admin")
	if status, body := admin.do("GET", "/api/v1/vocabulary", nil); status != 200 || strings.TrimSpace(body) != `{"items":[]}` {
		t.Error(status, body)
	}
	list := map[string]any{"items": []any{map[string]any{"queue": "Bookings", "language": "en",
		"terms": []any{map[string]any{"text": " UmiPass ", "sounds_like": []string{"you me pass"}}}}}}
	want := `{"items":[{"queue":"Bookings","language":"en","terms":[{"text":"UmiPass","sounds_like":["you me pass"]}]}]}`
	for _, method := range []string{"PUT", "GET"} {
		if status, body := admin.do(method, "/api/v1/vocabulary", list); status != 200 || strings.TrimSpace(body) != want {
			t.Error(method, status, body)
		}
		list = nil
	}
	r.center.mu.Lock()
	if told := strings.Join(r.center.told, "; "); !strings.Contains(told, "vocabulary [{Bookings en [{UmiPass [you me pass]}]}]") {
		t.Errorf("the contact centre was told %s", told)
	}
	r.center.mu.Unlock()
	if status, _ := r.signedIn("sofia").do("PUT", "/api/v1/vocabulary", map[string]any{"items": []any{}}); status != 403 {
		t.Errorf("a supervisor changes the vocabulary: %d", status)
	}
	term := func(text string, sounds ...string) map[string]any {
		return map[string]any{"queue": "", "language": "", "terms": []any{map[string]any{"text": text, "sounds_like": sounds}}}
	}
	for name, items := range map[string][]any{
		"empty term":     {term(" ")},
		"long term":      {term(strings.Repeat("x", 81))},
		"control":        {term("a\x00b")},
		"empty sound":    {term("a", "")},
		"same list":      {term("a"), term("b")},
		"too many lists": make([]any, 201),
	} {
		for i := range items {
			if items[i] == nil {
				items[i] = map[string]any{"queue": strings.Repeat("q", i), "language": "en", "terms": []any{}}
			}
		}
		if status, body := admin.do("PUT", "/api/v1/vocabulary", map[string]any{"items": items}); status != 400 || !strings.Contains(body, "bad_vocabulary") {
			t.Errorf("%s: %d %s", name, status, body)
		}
	}
}
