package agentui

import (
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/agentui/wire"
	"patchbay/store"
)

const someUUID = "0192f0c1-2345-7000-8000-000000000001"

// Every route, asked by everybody: who may not is told so, who may gets anything else.
func TestRoleTable(t *testing.T) {
	r := newRig(t)
	r.store.calls[someUUID] = store.InteractionDetail{Interaction: store.Interaction{ID: someUUID}}
	r.store.clients[someUUID] = store.Customer{ID: someUUID}
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
				path := strings.ReplaceAll(rt.path, "{id}", someUUID)
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
					!strings.Contains(body, "session") && !strings.Contains(body, "token") && !strings.Contains(body, "recording") {
					t.Errorf("%s %s: the address is not served: %s", rt.method, rt.path, body)
				}
			}
		}
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
		public := []string{"/healthz", "/readyz", "/api/v1/openapi.json", "/api/v1/login"}
		if rt.role == rolePublic && !slices.Contains(public, rt.path) {
			t.Errorf("%s is public", key)
		}
	}
	for typ := range wire.ClientTypes {
		if _, ok := commands[typ]; !ok && typ != "hello" {
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

func TestSignIn(t *testing.T) {
	r := newRig(t)
	c := r.client()
	status, body, header := c.full("POST", "/api/v1/login", login{User: "akiko", Password: testPassword})
	if status != 200 || !strings.Contains(body, `"role":"agent"`) {
		t.Fatal(status, body)
	}
	cookie := header.Get("Set-Cookie")
	for _, want := range []string{"HttpOnly", "SameSite=Lax", "Path=/", "patchbay_"} {
		if !strings.Contains(cookie, want) {
			t.Errorf("cookie %q lacks %s", cookie, want)
		}
	}
	if strings.Contains(cookie, "Secure") || strings.Contains(cookie, "__Host-") {
		t.Errorf("cookie %q is Secure without TLS", cookie)
	}
	if status, body := c.do("GET", "/api/v1/me", nil); status != 200 || !strings.Contains(body, `"id":"akiko"`) {
		t.Error(status, body)
	}
	if status, _ := c.do("PATCH", "/api/v1/me", map[string]string{"language": "ja"}); status != 200 {
		t.Error(status)
	}
	if _, body := c.do("GET", "/api/v1/me", nil); !strings.Contains(body, `"language":"ja"`) {
		t.Error("the language was not kept:", body)
	}
	if status, _ := c.do("POST", "/api/v1/logout", nil); status != 204 {
		t.Error(status)
	}
	if status, _ := c.do("GET", "/api/v1/me", nil); status != 401 {
		t.Error("still signed in after signing out:", status)
	}
	for _, bad := range []login{{"akiko", "wrong password"}, {"nobody", testPassword}, {"akiko", ""}} {
		if status, body := r.client().do("POST", "/api/v1/login", bad); status != 401 && bad.Password != "" || status == 200 || !strings.Contains(body, `"code"`) {
			t.Errorf("%s: %d %s", bad.User, status, body)
		}
	}
	log := r.log.String()
	for _, secret := range []string{testPassword, "wrong password", strings.Split(strings.Split(cookie, "=")[1], ";")[0]} {
		if strings.Contains(log, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for hash := range r.store.sessions {
		if strings.Contains(cookie, hash) {
			t.Error("the token itself was stored")
		}
	}
}

func TestFailedSignInsAreLimitedSuccessesNever(t *testing.T) {
	r := newRig(t)
	for range 20 {
		if status, body := r.client().do("POST", "/api/v1/login", login{"ben", testPassword}); status != 200 {
			t.Fatal("a success was limited:", status, body)
		}
	}
	limited := 0
	for range 8 {
		status, _, header := r.client().full("POST", "/api/v1/login", login{"akiko", "wrong password"})
		switch {
		case status == 429 && header.Get("Retry-After") != "":
			limited++
		case status != 401:
			t.Fatal(status)
		}
	}
	if limited != 3 {
		t.Errorf("%d of 8 failures were limited, want 3", limited)
	}
	if status, body := r.client().do("POST", "/api/v1/login", login{"ben", testPassword}); status != 200 {
		t.Error("another user is limited:", status, body)
	}
	if _, body := r.client().do("GET", "/metrics", nil); !strings.Contains(body, `patchbay_web_sign_ins_total{result="limited"} 3`) {
		t.Error("not counted:", body)
	}
}

func TestLoginLimit(t *testing.T) {
	now := time.Unix(1000, 0)
	l := newLoginLimit(func() time.Time { return now })
	here, there := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	fail := func(user string, from netip.Addr) bool { _, ok := l.take(user, from); return ok }
	for range int(perPair.burst) {
		if !fail("akiko", here) {
			t.Fatal("limited too early")
		}
	}
	if wait, ok := l.take("akiko", here); ok || wait <= 0 || wait > perPair.every {
		t.Errorf("the sixth failure: %v, wait %v", ok, wait)
	}
	if !fail("akiko", there) {
		t.Error("the owner is locked out by a stranger's failures")
	}
	now = now.Add(perPair.every)
	if !fail("akiko", here) || fail("akiko", here) {
		t.Error("one more after the wait, not two")
	}
	n := 0
	for i := range 100 { // one address, many names
		if fail(fmt.Sprint("user", i), there) {
			n++
		}
	}
	if n > int(perAddress.burst) {
		t.Errorf("%d failures from one address", n)
	}
	n = 0
	for i := range 200 { // one name, many addresses
		if fail("chika", netip.AddrFrom4([4]byte{198, 51, 100, byte(i)})) {
			n++
		}
	}
	if n > int(perUser.burst) {
		t.Errorf("%d failures of one user", n)
	}
	for i := range 3 * maxBuckets {
		fail(fmt.Sprint(i), netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	if len(l.buckets) > maxBuckets || l.recent.Len() > maxBuckets {
		t.Errorf("%d buckets are held", len(l.buckets))
	}
	if a, b := network(netip.MustParseAddr("2001:db8::1")), network(netip.MustParseAddr("2001:db8::ffff:2")); a != b {
		t.Errorf("one subscriber's /64 counts as %s and %s", a, b)
	}
}

func TestCrossSiteRequestsAreRefused(t *testing.T) {
	r := newRig(t)
	c := r.signedIn("akiko")
	tests := []struct {
		name    string
		headers []string
		allowed bool
	}{
		{"no browser", nil, true},
		{"our page", []string{"Origin", r.url, "Sec-Fetch-Site", "same-origin"}, true},
		{"our page, old browser", []string{"Origin", r.url}, true},
		{"another site", []string{"Origin", "https://evil.example", "Sec-Fetch-Site", "cross-site"}, false},
		{"another site, old browser", []string{"Origin", "https://evil.example"}, false},
		{"another port", []string{"Origin", "http://127.0.0.1:1", "Sec-Fetch-Site", "same-site"}, false},
		{"another scheme", []string{"Origin", "https" + strings.TrimPrefix(r.url, "http")}, false},
		{"a sandboxed frame", []string{"Origin", "null"}, false},
		{"same origin says another site", []string{"Origin", r.url, "Sec-Fetch-Site", "cross-site"}, false},
	}
	for _, tt := range tests {
		for _, method := range []string{"POST", "PATCH", "DELETE"} {
			path := map[string]string{"POST": "/api/v1/customers", "PATCH": "/api/v1/me", "DELETE": "/api/v1/tokens/x"}[method]
			status, body := c.do(method, path, map[string]any{}, tt.headers...)
			if allowed := !strings.Contains(body, "cross_origin"); allowed != tt.allowed {
				t.Errorf("%s, %s: %d %s", tt.name, method, status, body)
			}
		}
		conn, resp, err := c.dial(tt.headers...)
		if (err == nil) != tt.allowed {
			t.Errorf("%s, WebSocket: %v", tt.name, err)
		}
		if err == nil {
			conn.Close()
		} else if resp.StatusCode != http.StatusForbidden {
			t.Errorf("%s, WebSocket: %d", tt.name, resp.StatusCode)
		}
	}
	if status, _ := c.do("GET", "/api/v1/me", nil, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"); status != 200 {
		t.Error("reading is not our check's matter, the browser keeps the answer from the other site:", status)
	}
}

func TestHostIsChecked(t *testing.T) {
	public, err := url.Parse("https://desk.example.com")
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, func(c *Config) { c.PublicURL = public })
	for host, want := range map[string]int{
		"localhost:1": 200, "127.0.0.1": 200, "[::1]:8080": 200, "desk.example.com": 200, "a.localhost": 200,
		"evil.example:8080": 421, "127.0.0.1.evil.example": 421, "": 200,
	} {
		headers := []string{"Host", host}
		if host == "" {
			headers = nil
		}
		if status, _ := r.client().do("GET", "/healthz", nil, headers...); status != want {
			t.Errorf("Host %q: %d, want %d", host, status, want)
		}
	}
	_, _, header := r.client().full("POST", "/api/v1/login", login{"akiko", testPassword}, "Host", "desk.example.com", "Origin", "https://desk.example.com")
	if cookie := header.Get("Set-Cookie"); !strings.Contains(cookie, "Secure") || !strings.HasPrefix(cookie, "__Host-") {
		t.Errorf("behind TLS the cookie is %q", cookie)
	}
}

func TestHeaders(t *testing.T) {
	r := newRig(t)
	_, _, header := r.client().full("GET", "/", nil)
	csp := header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self';", "frame-ancestors 'none'", "connect-src 'self' ws://" + strings.TrimPrefix(r.url, "http://") + ";"} {
		if !strings.Contains(csp, want) {
			t.Errorf("policy %q lacks %q", csp, want)
		}
	}
	for name, want := range map[string]string{"X-Content-Type-Options": "nosniff", "Referrer-Policy": "no-referrer", "X-Frame-Options": "DENY", "Cache-Control": "no-store"} {
		if got := header.Get(name); got != want {
			t.Errorf("%s: %q, want %q", name, got, want)
		}
	}
	_, _, header = r.client().full("GET", "/healthz", nil, "Host", "localhost;script-src *")
	if strings.Contains(header.Get("Content-Security-Policy"), "*") {
		t.Error("a Host header reached the policy")
	}
}

func TestCheckExposure(t *testing.T) {
	tests := []struct {
		addr    string
		tls     bool
		demo    bool
		allowed bool
	}{
		{"127.0.0.1:8080", false, true, true}, {"localhost:8080", false, true, true}, {"[::1]:0", false, true, true},
		{":8080", false, true, false}, {"0.0.0.0:8080", true, true, false}, {"192.0.2.1:8080", false, false, false},
		{"192.0.2.1:8080", true, false, true}, {"desk.example.com:443", true, true, false}, {"nonsense", true, false, false},
	}
	for _, tt := range tests {
		if err := CheckExposure(tt.addr, tt.tls, tt.demo); (err == nil) != tt.allowed {
			t.Errorf("%s, tls %t, demo passwords %t: %v", tt.addr, tt.tls, tt.demo, err)
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
		{`{"name":" "}`, 400, "has a name"}, {`{}`, 400, "has a name"}, {`{"name":"` + strings.Repeat("x", 201) + `"}`, 400, "at most 200"},
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
		"/api/v1/interactions?from=%2B12025550101&since=2026-11-22T00:00:00Z&state=ended": 200,
	} {
		if status, body := c.do("GET", path, nil); status != want || status >= 400 && !strings.Contains(body, `"code"`) {
			t.Errorf("%s: %d %s, want %d", path, status, body, want)
		}
	}
	if status, body := c.do("DELETE", "/api/v1/me", nil); status != 405 {
		t.Error("a wrong method:", status, body)
	}
	if status, body := c.do("GET", "/api/v1/customers?phone=+12025550101", nil); status != 200 || !strings.Contains(body, "Aoki") {
		t.Error("an unescaped plus:", status, body)
	}
}

func TestALostDatabaseSignsNobodyOut(t *testing.T) {
	r := newRig(t)
	c := r.signedIn("akiko")
	now := time.Now()
	r.srv.sessions.now = func() time.Time { return now }
	now = now.Add(time.Minute) // long after sessionFresh
	r.store.lose(true)
	if status, body := c.do("GET", "/api/v1/me", nil); status != 200 {
		t.Error("thrown out:", status, body)
	}
	if status, _, header := c.full("GET", "/api/v1/queues", nil); status != 200 && (status != 503 || header.Get("Retry-After") == "") {
		t.Error(status)
	}
	if status, body := c.do("GET", "/api/v1/users/akiko/sessions", nil); status != 403 {
		t.Error(status, body)
	}
	if status, _, header := r.client().full("POST", "/api/v1/login", login{"akiko", testPassword}); status != 503 || header.Get("Retry-After") == "" {
		t.Error("signing in without a database:", status)
	}
	stranger := r.client()
	stranger.token = tokenPrefix + "made-up"
	if status, _ := stranger.do("GET", "/api/v1/me", nil); status != 503 {
		t.Error("a token that cannot be checked:", status)
	}
	now = now.Add(sessionIdle)
	if status, _ := c.do("GET", "/api/v1/me", nil); status != 401 {
		t.Error("memory outlived the session:", status)
	}
	r.store.lose(false)
}

func TestSessionsExpireAndAreExtendedByUse(t *testing.T) {
	st := newFakeStore()
	now := time.Now()
	s := newSessions(st, newRig(t).srv.log, func() time.Time { return now })
	token, hash, err := s.create(t.Context(), st.users["akiko"], netip.MustParseAddr("192.0.2.1"), strings.Repeat("é", maxUserAgentLen))
	if err != nil {
		t.Fatal(err)
	}
	for now.Sub(st.sessions[string(hash[:])].CreatedAt) < sessionLongest-sessionIdle {
		now = now.Add(sessionIdle / 2)
		if _, err := s.find(t.Context(), token, false); err != nil {
			t.Fatal("used and expired all the same:", err)
		}
	}
	if last := st.sessions[string(hash[:])]; last.ExpiresAt.Sub(last.CreatedAt) > sessionLongest {
		t.Error("a session is extended for ever")
	}
	if _, err := s.find(t.Context(), token, true); err == nil {
		t.Error("a session passed for an API token")
	}
	now = now.Add(sessionIdle)
	if _, err := s.find(t.Context(), token, false); err == nil {
		t.Error("unused and still valid")
	}
	for i := range 2 * maxCached {
		s.keep(tokenHash{byte(i), byte(i >> 8), byte(i >> 16)}, &cached{})
	}
	if len(s.cache) > maxCached {
		t.Errorf("%d sessions are cached", len(s.cache))
	}
}

func TestRevokingSessions(t *testing.T) {
	r := newRig(t)
	admin := r.signedIn("admin")
	agent := r.signedIn("akiko")
	desk := agent.open(wire.Hello{TabID: "a"})
	desk.await("snapshot", nil)
	_, body := admin.do("GET", "/api/v1/users/akiko/sessions", nil)
	var list struct{ Items []struct{ ID string } }
	unmarshal(t, []byte(body), &list)
	if len(list.Items) != 1 {
		t.Fatal(body)
	}
	if status, body := admin.do("DELETE", "/api/v1/sessions/"+list.Items[0].ID, nil); status != 204 {
		t.Fatal(status, body)
	}
	if code := desk.closed(); code != wire.CloseSignedOut {
		t.Errorf("the desk was closed with %d", code)
	}
	if status, _ := agent.do("GET", "/api/v1/me", nil); status != 401 {
		t.Error("the session goes on:", status)
	}

	first, second := r.signedIn("akiko"), r.signedIn("akiko")
	change := passwordChange{OldPassword: testPassword, NewPassword: "another long password"}
	if status, body := first.do("POST", "/api/v1/me/password", passwordChange{"wrong one here", change.NewPassword}); status != 403 {
		t.Error(status, body)
	}
	if status, body := first.do("POST", "/api/v1/me/password", passwordChange{testPassword, "short"}); status != 400 {
		t.Error(status, body)
	}
	if status, body := first.do("POST", "/api/v1/me/password", change); status != 204 {
		t.Fatal(status, body)
	}
	if status, _ := first.do("GET", "/api/v1/me", nil); status != 200 {
		t.Error("who changed the password was signed out:", status)
	}
	if status, _ := second.do("GET", "/api/v1/me", nil); status != 401 {
		t.Error("the other browser stayed signed in:", status)
	}
	if status, _ := r.client().do("POST", "/api/v1/login", login{"akiko", testPassword}); status != 401 {
		t.Error("the old password still works:", status)
	}
	if status, _ := admin.do("DELETE", "/api/v1/users/akiko/sessions", nil); status != 204 {
		t.Error(status)
	}
	if status, _ := first.do("GET", "/api/v1/me", nil); status != 401 {
		t.Error("not signed out everywhere:", status)
	}
}

// A session that ended in the database alone, by another server or by time, closes its desk at the next sweep.
func TestSocketsOfEndedSessionsAreClosed(t *testing.T) {
	r := newRig(t)
	now := time.Now()
	r.srv.sessions.now = func() time.Time { return now }
	gone, stays := r.signedIn("akiko").open(wire.Hello{TabID: "a"}), r.signedIn("ben").open(wire.Hello{TabID: "b"})
	gone.await("snapshot", nil)
	stays.await("snapshot", nil)
	if err := r.store.RevokeUserSessions(t.Context(), "akiko"); err != nil {
		t.Fatal(err)
	}
	now = now.Add(2 * sessionFresh)
	r.srv.endStaleSockets(t.Context())
	if code := gone.closed(); code != wire.CloseSignedOut {
		t.Errorf("closed with %d", code)
	}
	r.store.lose(true)
	now = now.Add(2 * sessionFresh)
	r.srv.endStaleSockets(t.Context())
	r.store.lose(false)
	if refused := stays.reply(stays.send("ping", nil)); refused != nil {
		t.Error(refused)
	}
}

func TestAPITokens(t *testing.T) {
	r := newRig(t)
	admin := r.signedIn("admin")
	var made apiToken
	status, body := admin.do("POST", "/api/v1/users/sofia/tokens", newAPIToken{Name: "wallboard"})
	if status != 201 {
		t.Fatal(status, body)
	}
	unmarshal(t, []byte(body), &made)
	program := r.client()
	program.token = made.Token
	if status, body := program.do("GET", "/api/v1/me", nil); status != 200 || !strings.Contains(body, "sofia") {
		t.Error(status, body)
	}
	desk := program.open(wire.Hello{TabID: "wallboard"})
	desk.await("snapshot", nil)
	if status, _ := admin.do("DELETE", "/api/v1/tokens/"+made.ID, nil); status != 204 {
		t.Error(status)
	}
	if code := desk.closed(); code != wire.CloseSignedOut {
		t.Errorf("closed with %d", code)
	}
	if status, _ := program.do("GET", "/api/v1/me", nil); status != 401 {
		t.Error("a revoked token works:", status)
	}
	if strings.Contains(r.log.String(), made.Token) {
		t.Error("the log holds the token")
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

func TestPasswordHashes(t *testing.T) {
	hash, err := HashPassword(testPassword)
	if err != nil || !strings.HasPrefix(hash, "$argon2id$v=19$m=32768,t=3,p=1$") {
		t.Fatal(hash, err)
	}
	if ok, err := verifyPassword(hash, testPassword); !ok || err != nil {
		t.Error("the right password:", ok, err)
	}
	if !PasswordIs(hash, testPassword) || PasswordIs(hash, "x") {
		t.Error("PasswordIs does not tell right from wrong")
	}
	if again, err := HashPassword(testPassword); err != nil || again == hash {
		t.Error("two hashes share their salt:", err)
	}
	if ok, err := verifyPassword(hash, "x"); ok || err != nil {
		t.Error("a wrong password:", ok, err)
	}
	if ok, err := verifyPassword(nobodysHash, "x"); ok || err != nil {
		t.Error("nobody's hash must be well-formed, or its time tells who exists:", ok, err)
	}
	for _, bad := range []string{"", "x", "$argon2i$v=19$m=1,t=1,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFhYWFhYQ", "$argon2id$v=19$m=99999999,t=1,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFhYWFhYQ",
		"$argon2id$v=19$m=8,t=0,p=1$YWFhYWFhYWE$YWFhYWFhYWFhYWFhYWFhYQ", "$argon2id$v=19$m=8,t=1,p=1$!$YWFhYWFhYWFhYWFhYWFhYQ", "$argon2id$v=19$m=8,t=1,p=1$YWFhYWFhYWE$YQ"} {
		if ok, err := verifyPassword(bad, "x"); ok || err == nil || PasswordIs(bad, "x") {
			t.Errorf("hash %q: %t, %v", bad, ok, err)
		}
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
