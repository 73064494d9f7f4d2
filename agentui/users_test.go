package agentui

import (
	"net/http"
	"strings"
	"testing"

	"patchbay/agentui/wire"
	"patchbay/store"
	"patchbay/store/pgtest"
)

// TestAdministration asks PostgreSQL over HTTP: who comes, changes and goes, what each may not do, and that it counts at once.
func TestAdministration(t *testing.T) {
	st := pgtest.Fresh(t)
	if err := st.SeedDemo(t.Context(), testHash()); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *Config) { c.Store = st })
	signIn := func(user, password string, want int) *client {
		t.Helper()
		c := r.client()
		if status, body := c.do("POST", "/api/v1/login", login{user, password}); status != want {
			t.Errorf("%s signs in: %d %s, want %d", user, status, body, want)
		}
		return c
	}
	admin := signIn("admin", testPassword, 200)
	expect := func(c *client, method, path string, body any, status int, holds ...string) string {
		t.Helper()
		got, text := c.do(method, path, body)
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

	// A password that is made here is shown once, and lets in.
	var made createdUser
	unmarshal(t, []byte(expect(admin, "POST", "/api/v1/users", newUser{ID: "dora", Name: "Dora", Role: "agent"}, 201, `"password":`)), &made)
	dora := signIn("dora", made.Password, 200)
	if text := expect(admin, "GET", "/api/v1/users", nil, 200, `"last_sign_in":"20`); strings.Contains(text, made.Password) {
		t.Error("the password is shown again")
	}

	// A new role counts at once, and the old session has ended.
	desk := dora.open(wire.Hello{TabID: "a"})
	desk.await("snapshot", nil)
	expect(admin, "PATCH", "/api/v1/users/dora", map[string]any{"role": "supervisor", "language": "ja", "name": " Dora Lind "}, 200, `"role":"supervisor"`, `"Dora Lind"`)
	if code := desk.closed(); code != wire.CloseSignedOut {
		t.Errorf("closed with %d", code)
	}
	expect(dora, "GET", "/api/v1/me", nil, 401)
	dora = signIn("dora", made.Password, 200)
	expect(dora, "GET", "/api/v1/legal_holds", nil, 200, `"items":[]`)
	expect(dora, "GET", "/api/v1/kept", nil, 403)

	// Disabled: neither session nor token nor password lets in; the reason is told to who knows the password.
	var token apiToken
	unmarshal(t, []byte(expect(admin, "POST", "/api/v1/users/dora/tokens", newAPIToken{Name: "wallboard"}, 201)), &token)
	program := r.client()
	program.token = token.Token
	expect(program, "GET", "/api/v1/me", nil, 200)
	expect(admin, "PATCH", "/api/v1/users/dora", map[string]any{"disabled": true}, 200, `"disabled_at":"20`)
	expect(dora, "GET", "/api/v1/me", nil, 401)
	expect(program, "GET", "/api/v1/me", nil, 401)
	signIn("dora", made.Password, 403)
	signIn("dora", "not the password", 401)
	r.center.mu.Lock()
	for _, u := range r.center.users {
		if u.ID == "dora" {
			t.Error("the contact centre still has dora")
		}
	}
	r.center.mu.Unlock()
	expect(admin, "PATCH", "/api/v1/users/dora", map[string]any{"disabled": false}, 200, `"disabled_at":null`)
	expect(program, "GET", "/api/v1/me", nil, 200)

	var shown shownPassword
	unmarshal(t, []byte(expect(admin, "POST", "/api/v1/users/dora/password_reset", nil, 200)), &shown)
	signIn("dora", made.Password, 401)
	signIn("dora", shown.Password, 200)

	// Nobody locks everybody out.
	expect(admin, "PATCH", "/api/v1/users/admin", map[string]any{"role": "agent"}, http.StatusConflict, "yourself")
	expect(admin, "PATCH", "/api/v1/users/admin", map[string]any{"disabled": true}, http.StatusConflict, "yourself")
	expect(admin, "DELETE", "/api/v1/users/admin", nil, http.StatusConflict, "yourself")
	program.token = ""
	unmarshal(t, []byte(expect(admin, "POST", "/api/v1/users/admin/tokens", newAPIToken{Name: "x"}, 201)), &token)
	expect(admin, "PATCH", "/api/v1/users/dora", map[string]any{"role": "admin"}, 200)
	second := signIn("dora", shown.Password, 200)
	expect(second, "PATCH", "/api/v1/users/admin", map[string]any{"disabled": true}, 200)
	expect(second, "PATCH", "/api/v1/users/admin", map[string]any{"disabled": false}, 200)
	admin = signIn("admin", testPassword, 200)
	expect(admin, "PATCH", "/api/v1/users/dora", map[string]any{"role": "king"}, 400, "role must be")
	expect(admin, "PATCH", "/api/v1/users/dora", map[string]any{"language": "<script>"}, 400, "language must be")

	// Whom the record names is disabled, not removed.
	expect(admin, "DELETE", "/api/v1/users/dora", nil, 200, `"removed":false`)
	expect(admin, "POST", "/api/v1/users", newUser{ID: "emil", Name: "Emil", Role: "agent", Password: testPassword}, 201)
	expect(admin, "DELETE", "/api/v1/users/emil", nil, 200, `"removed":true`)
	expect(admin, "GET", "/api/v1/audit?actor=admin&action=delete_user", nil, 200, `"actor_name":"Administrator"`, `"object_name":"Dora Lind"`, `"removed":true`)
	expect(admin, "GET", "/api/v1/audit?since=yesterday", nil, 400, "since is a time")
	expect(admin, "GET", "/api/v1/audit/actions", nil, 200, `"create_user"`, `"sign_in_failed"`)

	// Queues: members, language, and one that no call came through may go.
	var q store.Queue
	unmarshal(t, []byte(expect(admin, "POST", "/api/v1/queues", map[string]any{"name": "New", "users": []string{"akiko", "ben"}}, 201)), &q)
	expect(admin, "GET", "/api/v1/users", nil, 200, `"New"`)
	expect(admin, "PATCH", "/api/v1/queues/"+q.ID, map[string]any{"users": []string{"nobody"}}, 400, "users does not exist")
	expect(admin, "PATCH", "/api/v1/queues/"+q.ID, map[string]any{"language": "no tag"}, 400, "BCP 47")
	expect(admin, "POST", "/api/v1/queues", map[string]any{"name": "New"}, http.StatusConflict, "Another queue")
	expect(admin, "DELETE", "/api/v1/queues/"+q.ID, nil, 204)
	expect(admin, "DELETE", "/api/v1/queues/"+q.ID, nil, 404)

	// Codes reach open desks at once.
	agent := signIn("akiko", testPassword, 200)
	seen := agent.open(wire.Hello{TabID: "b"})
	seen.await("snapshot", nil)
	codes := map[string]any{"items": []any{map[string]any{"code": "solved", "label": map[string]string{"en": "Solved", "ja": "解決"}}}}
	expect(admin, "PUT", "/api/v1/wrap_up_codes", codes, 200, `"解決"`)
	var told wire.Codes
	seen.await("codes", &told)
	if len(told.Items) != 1 || told.Items[0].Label["ja"] != "解決" {
		t.Errorf("the desk was told %+v", told)
	}
	expect(admin, "PUT", "/api/v1/wrap_up_codes", map[string]any{"items": []any{}}, 400, "1 to 40")
	expect(admin, "PUT", "/api/v1/wrap_up_codes", map[string]any{"items": []any{map[string]any{"code": "Bad code", "label": map[string]string{"en": "x"}}}}, 400, "begins with a letter")
}
