package agentui

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"patchbay/agentui/wire"
	"patchbay/store"
	"patchbay/store/pgtest"
)

// keepCall writes a call into the store as the contact centre does.
func keepCall(t *testing.T, st *store.Store) {
	t.Helper()
	journal, err := store.NewJournal(store.JournalConfig{Dir: t.TempDir(), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- journal.Run(ctx) }()
	now := time.Now()
	journal.SaveInteraction(store.Interaction{
		ID: someUUID, Channel: "call", Direction: "inbound", From: "+12025550191", To: "+12025550100", State: "ended", Queue: "Bookings",
		Outcome: "handled", StartedAt: now, EndedAt: &now,
	})
	journal.AddEvent(store.Event{InteractionID: someUUID, Seq: 1, At: now, Type: "started", Actor: "customer"})
	journal.SaveLine(store.Line{
		InteractionID: someUUID, ID: "1", Speaker: "customer", Leg: "customer", StartMS: 1500, EndMS: 2000, Text: "Hello.", Spoken: "hello", Translation: "Hello & welcome.",
		Words: []store.Word{{Text: "hello", StartMS: 1500, EndMS: 2000, Probability: 0.9}},
	})
	if err := journal.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-done
	if err := journal.Close(); err != nil {
		t.Fatal(err)
	}
}

// What the fakes promise, asked of PostgreSQL: sign-in, sessions, tokens, customers and interactions over HTTP.
func TestOnPostgreSQL(t *testing.T) {
	st := pgtest.Fresh(t)
	if err := st.SeedDemo(t.Context(), testHash()); err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *Config) { c.Store = st })
	signIn := func(user string) *client {
		t.Helper()
		c := r.client()
		if status, body := c.do("POST", "/api/v1/login", login{user, testPassword}); status != 200 {
			t.Fatal(status, body)
		}
		return c
	}
	agent, admin := signIn("akiko"), signIn("admin")
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

	made := expect(agent, "POST", "/api/v1/customers", map[string]any{
		"name": "Mai Test", "town": "Sakai", "phones": []string{"(202) 555-0191"}, "orders": []any{map[string]any{"title": "Heater", "status": "sent"}},
	}, http.StatusCreated, `"+12025550191"`, `"Heater"`)
	var customer store.Customer
	unmarshal(t, []byte(made), &customer)
	expect(agent, "GET", "/api/v1/customers?phone="+url.QueryEscape("+12025550191"), nil, 200, customer.ID)
	expect(agent, "GET", "/api/v1/customers?phone=2025550191", nil, 200, customer.ID)
	expect(agent, "GET", "/api/v1/customers?q=mai", nil, 200, customer.ID)
	expect(agent, "PATCH", "/api/v1/customers/"+customer.ID, map[string]any{"organisation": "Example Ltd"}, 200, "Example Ltd", "Mai Test")
	expect(agent, "GET", "/api/v1/customers/"+customer.ID, nil, 200, `"timeline":[`)
	expect(agent, "GET", "/api/v1/customers/"+someUUID, nil, 404, "not_found")

	keepCall(t, st)
	page := expect(agent, "GET", "/api/v1/interactions?limit=1", nil, 200, `"next_cursor"`)
	var interactions store.InteractionPage
	unmarshal(t, []byte(page), &interactions)
	if len(interactions.Items) != 1 {
		t.Fatal("the call is not there:", page)
	}
	at := "/api/v1/interactions/" + interactions.Items[0].ID
	expect(agent, "GET", at, nil, 200, interactions.Items[0].ID)
	expect(agent, "GET", at+"/transcript", nil, 200, `"speaker":"customer"`, `"start_ms":1500`, `"text":"Hello."`, `"words":[{"text":"hello"`)
	expect(agent, "GET", at+"/timeline", nil, 200, `"type":"started"`)
	expect(agent, "GET", at+"/recording", nil, 404, "no_recording")
	expect(agent, "GET", "/api/v1/interactions?cursor=nonsense", nil, 400, "cursor")
	expect(agent, "GET", "/api/v1/interactions/"+customer.ID+"/transcript", nil, 404, "not_found")
	expect(agent, "GET", "/api/v1/agents", nil, 200, `"akiko"`, `"offline"`)
	expect(agent, "GET", "/api/v1/queues", nil, 200, `"items":[{`)
	expect(agent, "GET", "/api/v1/wrap_up_codes", nil, 200, `"items":[{`)
	expect(agent, "PATCH", "/api/v1/me", map[string]any{"language": "ja"}, 200, `"ja"`)
	expect(agent, "GET", "/api/v1/me", nil, 200, `"ja"`)

	expect(admin, "POST", "/api/v1/users", newUser{ID: "dai", Name: "Dai", Role: "agent", Queues: []string{"no such queue"}, Password: testPassword}, 400, "queues")
	expect(admin, "POST", "/api/v1/users", newUser{ID: "akiko", Name: "Dai", Role: "agent", Password: testPassword}, 409, "exists")
	var token apiToken
	unmarshal(t, []byte(expect(admin, "POST", "/api/v1/users/sofia/tokens", newAPIToken{Name: "wallboard"}, 201)), &token)
	program := r.client()
	program.token = token.Token
	expect(program, "GET", "/api/v1/me", nil, 200, "sofia")
	expect(admin, "DELETE", "/api/v1/tokens/"+token.ID, nil, 204)
	expect(program, "GET", "/api/v1/me", nil, 401)

	desk := agent.open(wire.Hello{TabID: "a"})
	desk.await("snapshot", nil)
	var list sessionList
	unmarshal(t, []byte(expect(admin, "GET", "/api/v1/users/akiko/sessions", nil, 200)), &list)
	if len(list.Items) != 1 || list.Items[0].Address != "127.0.0.1" {
		t.Fatalf("sessions %+v", list)
	}
	expect(admin, "DELETE", "/api/v1/sessions/"+list.Items[0].ID, nil, 204)
	if code := desk.closed(); code != wire.CloseSignedOut {
		t.Errorf("closed with %d", code)
	}
	expect(agent, "GET", "/api/v1/me", nil, 401, "signed_out")
	expect(admin, "GET", "/api/v1/audit", nil, 200, `"revoke_session"`, `"create_customer"`, `"sign_in"`)
}
