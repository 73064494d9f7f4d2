package agentui

import (
	"context"
	"strings"
	"testing"

	"patchbay/agentui/webhook"
)

// fakeHooks is Webhooks without anything behind it: one of the configuration, and what is added.
type fakeHooks struct {
	list   []webhook.Hook
	tested []string
}

func (f *fakeHooks) List() []webhook.Hook { return f.list }
func (f *fakeHooks) Add(_ context.Context, url string, alerts []string, secret, by string) (webhook.Hook, string, error) {
	if !strings.HasPrefix(url, "https://") {
		return webhook.Hook{}, "", webhook.ErrTwice
	}
	h := webhook.Hook{URL: url, Alerts: alerts}
	h.Kept = webhook.Kept{ID: h.Receiver(), Shown: h.Shown(), By: by}
	f.list = append(f.list, h)
	return h, "whsec_made", nil
}
func (f *fakeHooks) Change(_ context.Context, id string, alerts *[]string, active *bool) (webhook.Hook, error) {
	for i := range f.list {
		if h := &f.list[i]; h.Kept.ID == id && id != "" {
			if active != nil {
				h.Kept.Off = !*active
			}
			return *h, nil
		}
	}
	return webhook.Hook{}, webhook.ErrFixed
}
func (f *fakeHooks) Remove(_ context.Context, id string) error {
	if id == f.list[0].Receiver() {
		return webhook.ErrFixed
	}
	f.list = f.list[:1]
	return nil
}
func (f *fakeHooks) Test(id string) (string, error) {
	f.tested = append(f.tested, id)
	return "msg_9", nil
}

// TestWebhooksOfAdministrators: they add, try, turn off and remove receivers, each in the audit trail; a secret is shown once.
func TestWebhooksOfAdministrators(t *testing.T) {
	hooks := &fakeHooks{list: []webhook.Hook{{URL: "https://fixed.example.com/a?key=letmein"}}}
	r := newRig(t, func(c *Config) { c.Webhooks = hooks })
	admin := r.signedIn("admin")
	expect := func(method, path string, body any, status int, holds ...string) string {
		t.Helper()
		got, text := admin.do(method, "/api/v1/webhooks"+path, body)
		if got != status {
			t.Errorf("%s %s: %d %s, want %d", method, path, got, text, status)
		}
		for _, want := range holds {
			if !strings.Contains(text, want) {
				t.Errorf("%s %s: %s lacks %s", method, path, text, want)
			}
		}
		return text
	}
	made := expect("POST", "", newWebhook{URL: "https://ops.example.com/b", Alerts: []string{"phrase"}}, 201, `"secret":"whsec_made"`, `"kept":true`, `"active":true`)
	var state webhookState
	unmarshal(t, []byte(made), &state)
	list := expect("GET", "", nil, 200, `"url":"https://fixed.example.com/a"`, `"added_by":"admin"`, `"codes":["raised_hand"`, `"disk_low"`,
		`"last_error":"it answered 500"`, `"reason":{"code":"answered","status":500}`)
	if strings.Contains(list, "letmein") || strings.Contains(list, "whsec") {
		t.Errorf("the list shows a secret: %s", list)
	}
	expect("POST", "", newWebhook{URL: "x"}, 409, "webhook_twice")
	expect("POST", "/"+state.ID+"/test", nil, 202, `"message_id":"msg_9"`)
	expect("PATCH", "/"+state.ID, map[string]any{"active": false}, 200, `"active":false`)
	expect("POST", "/"+state.ID+"/test", nil, 409, "webhook_off")
	expect("POST", "/hook_0/test", nil, 404, "receiver")
	fixed := hooks.list[0].Receiver()
	expect("PATCH", "/"+fixed, map[string]any{"active": false}, 409, "fixed_webhook", "configuration")
	expect("DELETE", "/"+fixed, nil, 409, "fixed_webhook")
	expect("DELETE", "/"+state.ID, nil, 204)
	if len(hooks.tested) != 1 || hooks.tested[0] != state.ID {
		t.Errorf("tested: %q", hooks.tested)
	}
	_, audit := admin.do("GET", "/api/v1/audit", nil)
	for _, action := range []string{"add_webhook", "test_webhook", "change_webhook", "remove_webhook"} {
		if !strings.Contains(audit, `"`+action+`"`) {
			t.Errorf("the audit trail lacks %s", action)
		}
	}
}
