package agentui

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"patchbay/agentui/wire"
	"patchbay/store"
)

const someUUID = "0192f0c1-2345-7000-8000-000000000001"

// Every route, asked by everybody: who may not is told so, who may gets anything else.
func TestRoleTable(t *testing.T) {
	r := newRig(t, func(c *Config) {
		c.System = func(context.Context) SystemReport { return SystemReport{Version: "test"} }
	})
	r.store.calls[someUUID] = store.InteractionDetail{Interaction: store.Interaction{ID: someUUID}}
	r.store.clients[someUUID] = store.Customer{ID: someUUID}
	r.store.queues[someUUID] = store.Queue{ID: someUUID, Name: "Travel", Language: "en"}
	admin := r.signedIn("admin")
	callers := map[role][]*client{rolePublic: {r.client()}}
	for role, user := range map[role]string{roleAgent: "akiko", roleSupervisor: "sofia", roleAdmin: "admin"} {
		bearer := r.client()
		_, body := admin.do("POST", "/api/v1/users/"+user+"/tokens", map[string]string{"name": "test"})
		_, rest, _ := strings.Cut(body, `"token":"`)
		bearer.token, _, _ = strings.Cut(rest, `"`)
		callers[role] = []*client{nil, bearer} // nil: signed in anew for each route, as some sign out
	}
	users := map[role]string{roleAgent: "akiko", roleSupervisor: "sofia", roleAdmin: "admin"}
	for _, rt := range routes() {
		for who, clients := range callers {
			for _, c := range clients {
				if c == nil {
					c = r.signedIn(users[who])
				}
				path := strings.NewReplacer("{id}", someUUID, "{film}", "1").Replace(rt.path)
				status, body := c.do(rt.method, path, map[string]any{})
				want := "allowed"
				if who == rolePublic && rt.role > rolePublic {
					want = "401"
				} else if who < rt.role {
					want = "403"
				}
				got := "allowed" // 401 and 403 have other reasons too, such as a wrong password
				if strings.Contains(body, `"code":"signed_out"`) || strings.Contains(body, `"code":"forbidden"`) {
					got = fmt.Sprint(status)
				}
				if got != want {
					t.Errorf("%s %s as %s (token: %t): %d %s, want %s", rt.method, rt.path, who, c.token != "", status, body, want)
				}
				if status == 404 && !strings.Contains(body, "There is no such record") && !strings.Contains(body, "no_such") &&
					!strings.Contains(body, "session") && !strings.Contains(body, "token") && !strings.Contains(body, "recording") && !strings.Contains(body, "queue") && !strings.Contains(body, "no_film") &&
					!strings.Contains(body, "no_webhooks") && !strings.Contains(body, "receiver") {
					t.Errorf("%s %s: the address is not served: %s", rt.method, rt.path, body)
				}
			}
		}
	}
}

func TestAPageAsksWhetherToShowTheSignIn(t *testing.T) {
	r := newRig(t)
	c := r.client()
	if status, body := c.do("GET", "/api/v1/session", nil); status != 200 || body != `{"signed_in":false}` {
		t.Errorf("a stranger: %d %s", status, body)
	}
	c = r.signedIn("akiko")
	if status, body := c.do("GET", "/api/v1/session", nil); status != 200 || body != `{"signed_in":true}` {
		t.Errorf("akiko: %d %s", status, body)
	}
	c.do("POST", "/api/v1/logout", nil)
	if status, body := c.do("GET", "/api/v1/session", nil); status != 200 || body != `{"signed_in":false}` {
		t.Errorf("signed out: %d %s", status, body)
	}
}

func TestTableIsSound(t *testing.T) {
	seen := map[string]bool{}
	for _, rt := range routes() {
		key := rt.method + " " + rt.path
		if seen[key] || rt.summary == "" || rt.status == 0 || rt.handle == nil {
			t.Errorf("%s: twice, or without a summary, status or handler", key)
		}
		seen[key] = true
		public := []string{"/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/login", "/api/v1/session", "/api/v1/transcriber"} // the last has a token of its own
		if rt.role == rolePublic && !slices.Contains(public, rt.path) && !strings.HasPrefix(rt.path, "/api/v1/help/") {              // guests: the token lets in
			t.Errorf("%s is public", key)
		}
	}
	for typ := range wire.ClientTypes {
		if _, ok := commands[typ]; !ok {
			t.Errorf("no command for %q", typ)
		}
	}
}

func TestOpenAPICoversTheTable(t *testing.T) {
	r := newRig(t)
	status, body := r.client().do("GET", "/api/v1/openapi.json", nil)
	if status != 200 {
		t.Fatal(status, body)
	}
	var doc struct {
		OpenAPI    string
		Info       struct{ Version string }
		Paths      map[string]map[string]struct{ Responses map[string]any }
		Components struct{ Schemas map[string]map[string]any }
	}
	unmarshal(t, []byte(body), &doc)
	if doc.OpenAPI != "3.1.0" || doc.Info.Version != "1.2.3" {
		t.Errorf("openapi %q, version %q", doc.OpenAPI, doc.Info.Version)
	}
	for _, rt := range routes() {
		op, ok := doc.Paths[rt.path][strings.ToLower(rt.method)]
		if !ok || op.Responses[fmt.Sprint(rt.status)] == nil || op.Responses["default"] == nil {
			t.Errorf("%s %s is not described", rt.method, rt.path)
		}
	}
	for _, ref := range strings.Split(body, `"$ref":"#/components/schemas/`)[1:] {
		name, _, _ := strings.Cut(ref, `"`)
		if doc.Components.Schemas[name] == nil {
			t.Errorf("schema %q is named and not there", name)
		}
	}
	properties, _ := doc.Components.Schemas["CustomerView"]["properties"].(map[string]any)
	for _, name := range []string{"id", "phones", "timeline"} {
		if properties[name] == nil {
			t.Errorf("CustomerView lacks %s: %v", name, properties)
		}
	}
}

func TestBadBodies(t *testing.T) {
	r := newRig(t)
	c := r.signedIn("akiko")
	tests := []struct {
		body   string
		status int
		says   string
	}{
		{``, 400, "ends too early"}, {`{`, 400, "ends too early"}, {`[]`, 400, "must be an object, not array"},
		{`{"name":1}`, 400, `field \"name\" must be string, not number`}, {`{"nmae":"x"}`, 400, `unknown field \"nmae\"`},
		{`{"name":"x"}{}`, 400, "more than one"}, {`{"name":"x"} x`, 400, "more than one"}, {`nonsense`, 400, "error at byte"},
		{`{"name":" "}`, 400, "has a name"}, {`{}`, 400, "has a name"}, {`null`, 400, "not null"}, {`{"name":"` + strings.Repeat("x", 201) + `"}`, 400, "at most 200"},
		{`{"name":"x","orders":[{"title":"y","placed_at":"9999-12-31T23:59:59-23:00"}]}`, 400, "the years"},
		{`{"name":"x","cases":[{"title":"y","opened_at":"0000-01-01T00:00:00Z"}]}`, 400, "the years"},
		{`{"name":"x","emails":["nobody"]}`, 400, "name@example.com"}, {`{"name":"x","language":"klingonish"}`, 400, "a tag such as en"},
		{`{"name":"x","orders":[{"title":"` + strings.Repeat("x", 300) + `"}]}`, 400, "orders"},
		{`{"name":"` + strings.Repeat("x", maxBody) + `"}`, 413, "bytes"},
		{`{"name":"Aoki","phones":["+12025550101"],"orders":[{"title":"Heater","status":"sent"}],"cases":[{"title":"Late","status":"open"}]}`, 201, `"id":"`},
	}
	for _, tt := range tests {
		status, body, header := c.full("POST", "/api/v1/customers", tt.body)
		if status != tt.status || !strings.Contains(body, tt.says) {
			t.Errorf("%.60s: %d %s, want %d %s", tt.body, status, body, tt.status, tt.says)
		}
		if status >= 400 && header.Get("Content-Type") != "application/problem+json" {
			t.Errorf("%.60s: an error as %s", tt.body, header.Get("Content-Type"))
		}
	}
	for path, want := range map[string]int{
		"/api/v1/nothing": 404, "/api/v1/interactions/not-an-id": 404, "/api/v1/customers/" + someUUID: 404,
		"/api/v1/interactions?state=odd": 400, "/api/v1/interactions?since=yesterday": 400, "/api/v1/interactions?limit=0": 400,
		"/api/v1/customers?phone=1&q=2": 400, "/api/v1/interactions/" + someUUID + "/recording": 404,
		"/api/v1/interactions?since=2026-11-22T00:00:00+09:00":                            200, // not escaped
		"/api/v1/interactions?from=%2B12025550101&since=2026-11-22T00:00:00Z&state=ended": 200,
	} {
		if status, body := c.do("GET", path, nil); status != want || status >= 400 && !strings.Contains(body, `"code"`) {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
	if status, body, header := c.full("DELETE", "/api/v1/me", ""); status != 405 || header.Get("Allow") != "GET, PATCH" {
		t.Error("a wrong method:", status, body, header.Get("Allow"))
	}
	if status, body := c.do("GET", "/api/v1/customers?phone=+12025550101", nil); status != 200 || !strings.Contains(body, "Aoki") {
		t.Error("an unescaped plus:", status, body)
	}
	r.store.clients[someUUID] = store.Customer{ID: someUUID, Name: "Aoki"}
	if status, body := c.do("PATCH", "/api/v1/customers/"+someUUID, map[string]any{"name": "Endo"}); status != 200 || r.center.last() != "customer "+someUUID+" Endo" {
		t.Errorf("a changed record: %d %s; the centre was told %q", status, body, r.center.last())
	}
	typed := map[string]any{"name": "Endo", "note": "pays with 4111 1111 1111 1111, cabin 12", "preferences": "window; 4111-1111-1111-1111"}
	for method, path := range map[string]string{"PATCH": "/api/v1/customers/" + someUUID, "POST": "/api/v1/customers"} {
		if status, body := c.do(method, path, typed); status/100 != 2 || strings.Contains(body, "1111") || !strings.Contains(body, "pays with ••••, cabin 12") {
			t.Errorf("%s with a card number: %d %s", method, status, body)
		}
	}
}

func TestUsers(t *testing.T) {
	r := newRig(t)
	admin := r.signedIn("admin")
	user := newUser{ID: "dai", Name: "Dai", Role: "agent", Queues: []string{"support"}, Password: testPassword}
	if status, body := admin.do("POST", "/api/v1/users", user); status != 201 || strings.Contains(body, "argon2") {
		t.Error(status, body)
	}
	if status, _ := admin.do("POST", "/api/v1/users", user); status != 409 {
		t.Error("twice the same user:", status)
	}
	if status, _ := r.client().do("POST", "/api/v1/login", login{"dai", testPassword}); status != 200 {
		t.Error(status)
	}
	for _, bad := range []newUser{{ID: "Dai!", Name: "x", Role: "agent", Password: testPassword}, {ID: "x", Name: "x", Role: "public", Password: testPassword}, {ID: "x", Name: "x", Role: "agent", Password: "short"}} {
		if status, body := admin.do("POST", "/api/v1/users", bad); status != 400 {
			t.Error(status, body)
		}
	}
	if status, _ := admin.do("POST", "/api/v1/users/dai/password", newPassword{"a brand new password"}); status != 204 {
		t.Error(status)
	}
	if status, _ := r.client().do("POST", "/api/v1/login", login{"dai", "a brand new password"}); status != 200 {
		t.Error(status)
	}
	if status, body := admin.do("GET", "/api/v1/audit", nil); status != 200 || !strings.Contains(body, "create_user") || strings.Contains(body, "brand new") {
		t.Error(status, body)
	}
}

func TestReadiness(t *testing.T) {
	var starting error = fmt.Errorf("the database starts")
	r := newRig(t, func(c *Config) { c.Ready = func() error { return starting } })
	if status, body := r.client().do("GET", "/readyz", nil); status != 503 || !strings.Contains(body, "the database starts") {
		t.Error(status, body)
	}
	starting = nil
	if status, body := r.client().do("GET", "/readyz", nil); status != 200 || body != `{"status":"ready","transcription":"loading"}` {
		t.Error(status, body)
	}
	if status, body := r.client().do("GET", "/metrics", nil); status != 200 || !strings.Contains(body, "patchbay_web_sockets") {
		t.Error(status, body)
	}
	if status, _ := r.client().do("GET", "/metrics", nil, "X-Forwarded-For", "192.0.2.1"); status != 401 {
		t.Error("a proxy shows the metrics to the world:", status)
	}
	if status, _ := r.signedIn("akiko").do("GET", "/metrics", nil, "X-Forwarded-For", "192.0.2.1"); status != 403 {
		t.Error("an agent far away sees the metrics:", status)
	}
	if status, _ := r.signedIn("admin").do("GET", "/metrics", nil, "X-Forwarded-For", "192.0.2.1"); status != 200 {
		t.Error("an administrator does not see the metrics:", status)
	}
}
