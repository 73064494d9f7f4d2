package agentui

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"patchbay/agentui/wire"
)

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
		s.keep(tokenHash{byte(i), byte(i >> 8), byte(i >> 16)}, &cached{}, s.drops)
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
	status, body = admin.do("GET", "/api/v1/tokens", nil)
	var list tokenList
	unmarshal(t, []byte(body), &list)
	if status != 200 || len(list.Items) != 1 || list.Items[0].ID != made.ID || list.Items[0].LastUsed == nil || list.Items[0].CreatedBy != "admin" || list.Items[0].Name != "wallboard" {
		t.Errorf("the list of tokens: %d %s", status, body)
	}
	if strings.Contains(body, made.Token) {
		t.Error("the list shows the token")
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
