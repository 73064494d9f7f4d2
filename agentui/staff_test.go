package agentui

import (
	"slices"
	"strings"
	"testing"

	"patchbay/store"
)

// A centre that begins empty is filled by the administrator, and the contact centre knows at once.
func TestUsersAndQueuesTakeEffectAtOnce(t *testing.T) {
	r := newRig(t)
	admin := r.signedIn("admin")
	status, body := admin.do("POST", "/api/v1/queues", map[string]any{"name": "Travel", "numbers": []string{"(202) 555-0100", "+1 202 555 0100", "*"}})
	if status != 201 {
		t.Fatal(status, body)
	}
	var q store.Queue
	unmarshal(t, []byte(body), &q)
	if q.ID == "" || q.Language != "en" || !slices.Equal(q.Numbers, []string{"+12025550100", "*"}) {
		t.Errorf("queue %+v", q)
	}
	if status, body = admin.do("PATCH", "/api/v1/queues/"+q.ID, map[string]any{"language": "ja"}); status != 200 {
		t.Error(status, body)
	}
	if status, body = admin.do("POST", "/api/v1/users", map[string]any{"id": "dora", "name": "Dora", "role": "agent", "password": testPassword}); status != 201 {
		t.Error(status, body)
	}
	if status, body = admin.do("PATCH", "/api/v1/users/dora", map[string]any{"queues": []string{"Travel"}}); status != 200 || !strings.Contains(body, `"queues":["Travel"]`) {
		t.Error(status, body)
	}
	r.center.mu.Lock()
	if len(r.center.queues) != 1 || r.center.queues[0].Language != "ja" {
		t.Errorf("the contact centre has queues %+v", r.center.queues)
	}
	if !slices.ContainsFunc(r.center.users, func(u store.User) bool { return u.ID == "dora" && slices.Equal(u.Queues, []string{"Travel"}) }) {
		t.Errorf("the contact centre has users %+v", r.center.users)
	}
	r.center.mu.Unlock()
	r.store.mu.Lock()
	var done []string
	for _, e := range r.store.audit {
		done = append(done, e.Action)
	}
	r.store.mu.Unlock()
	for _, want := range []string{"create_queue", "update_queue", "create_user", "update_user"} {
		if !slices.Contains(done, want) {
			t.Errorf("%s is not in the audit trail: %v", want, done)
		}
	}
	for path, bad := range map[string]map[string]any{
		"/api/v1/queues/" + q.ID: {"name": " "},
		"/api/v1/users/dora":     {"name": strings.Repeat("x", 201)},
	} {
		if status, body := admin.do("PATCH", path, bad); status != 400 {
			t.Errorf("%s %v: %d %s", path, bad, status, body)
		}
	}
	if status, body := admin.do("PATCH", "/api/v1/queues/none", map[string]any{}); status != 404 {
		t.Errorf("no such queue: %d %s", status, body)
	}
}
