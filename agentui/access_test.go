package agentui

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/media"
	"patchbay/media/record"
	"patchbay/media/record/seal"
	"patchbay/store"
	"patchbay/store/pgtest"
)

// What a route gives of an interaction, in the words of docs/guardrails.md.
const (
	givesWords = "words" // who had a part, whoever serves the queue
	givesSound = "sound" // who had a part
	actsInCall = "call"  // whose call it is now: the contact centre and video help refuse others
)

// interactionRoutes says of every route of an interaction what it gives.
var interactionRoutes = map[string]string{
	"GET /api/v1/interactions/{id}":                  givesWords,
	"GET /api/v1/interactions/{id}/transcript":       givesWords,
	"GET /api/v1/interactions/{id}/timeline":         givesWords,
	"GET /api/v1/interactions/{id}/video":            givesWords,
	"GET /api/v1/interactions/{id}/snapshots":        givesWords,
	"GET /api/v1/snapshots/{id}":                     givesWords,
	"GET /api/v1/interactions/{id}/recording":        givesSound,
	"GET /api/v1/interactions/{id}/peaks":            givesSound,
	"GET /api/v1/interactions/{id}/films":            givesSound,
	"GET /api/v1/interactions/{id}/films/{film}":     givesSound,
	"GET /api/v1/interactions/{id}/movie":            givesSound,
	"GET /api/v1/interactions/{id}/export":           givesSound,
	"GET /api/v1/interactions/{id}/notes":            givesSound,
	"POST /api/v1/interactions/{id}/notes":           givesSound,
	"DELETE /api/v1/interactions/{id}/notes/{note}":  givesSound,
	"GET /api/v1/interactions/{id}/recording/verify": givesSound,
	"POST /api/v1/interactions/{id}/originals":       givesSound,
	"PUT /api/v1/interactions/{id}/legal_hold":       givesSound,
	"DELETE /api/v1/interactions/{id}/legal_hold":    givesSound,
	"DELETE /api/v1/interactions/{id}/content":       givesSound,

	"GET /api/v1/interactions/{id}/video/ws":             actsInCall,
	"POST /api/v1/interactions/{id}/video/link":          actsInCall,
	"POST /api/v1/interactions/{id}/video/invitations":   actsInCall,
	"GET /api/v1/interactions/{id}/video/stills/{still}": actsInCall,
	"POST /api/v1/interactions/{id}/snapshots":           actsInCall,
}

// accessRig is a centre with two queues. akiko and dai serve Bookings, dai had a part in a call of Orders; sofia supervises
// Bookings, rosa all queues, tess none.
type accessRig struct {
	*rig
	clients   map[string]*client
	ids       map[string]string // "bookings" and "orders" (both dai's), "foreign" (nobody's who is asked, of Orders)
	snapshots map[string]string
}

func newAccessRig(t *testing.T) *accessRig {
	st := pgtest.Fresh(t)
	a := &accessRig{clients: map[string]*client{}, ids: map[string]string{}, snapshots: map[string]string{}}
	for _, q := range []store.Queue{{ID: "b", Name: "Bookings"}, {ID: "o", Name: "Orders"}} {
		if err := st.SaveQueue(t.Context(), q); err != nil {
			t.Fatal(err)
		}
	}
	for _, u := range []store.User{{ID: "akiko", Role: "agent", Queues: []string{"Bookings"}}, {ID: "dai", Role: "agent", Queues: []string{"Bookings"}},
		{ID: "sofia", Role: "supervisor", Queues: []string{"Bookings"}}, {ID: "rosa", Role: "supervisor", AllQueues: true}, {ID: "tess", Role: "supervisor"}, {ID: "admin", Role: "admin"}} {
		u.Name, u.PasswordHash = u.ID, testHash()
		if err := st.CreateUser(t.Context(), u); err != nil {
			t.Fatal(err)
		}
	}
	customer, err := st.CreateCustomer(t.Context(), store.Customer{Name: "Aoki"})
	if err != nil {
		t.Fatal(err)
	}
	journal, err := store.NewJournal(store.JournalConfig{Dir: t.TempDir(), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	keys, err := seal.OpenKeys(seal.KeysConfig{Dir: filepath.Join(dir, "keys")})
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := record.OpenBucket(t.Context(), filepath.Join(dir, "bucket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bucket.Close() })
	now := time.Now()
	a.rig = newRig(t, func(c *Config) {
		vault, err := record.Open(record.Config{Dir: filepath.Join(dir, "spool"), Keys: keys, Bucket: bucket, Log: c.Log})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(vault.Close)
		c.Store, c.Pictures, c.Recordings = st, st, keptSound{vault, keys, st}
		for i, name := range []string{"bookings", "orders", "foreign"} {
			id := "0192f0c1-2345-7000-8000-00000000000" + string(rune('1'+i))
			a.ids[name] = id
			queue := map[bool]string{true: "Bookings", false: "Orders"}[name == "bookings"]
			journal.SaveInteraction(store.Interaction{ID: id, Channel: "call", Queue: queue, State: "ended", StartedAt: now, EndedAt: &now, CustomerID: customer.ID})
			journal.AddEvent(store.Event{InteractionID: id, Seq: 1, At: now, Type: "started", Actor: "customer"})
			journal.SaveLine(store.Line{InteractionID: id, ID: "1", Speaker: "customer", Leg: "customer", Text: "winter tour " + name})
			by := map[bool]string{true: "somebody", false: "dai"}[name == "foreign"]
			journal.SaveSegment(store.Segment{ID: id, InteractionID: id, AgentID: by, StartedAt: now})
			p, err := st.AddSnapshot(t.Context(), store.Snapshot{InteractionID: id, By: by, Type: "image/png"}, []byte("png"))
			if err != nil {
				t.Fatal(err)
			}
			a.snapshots[name] = p.ID
			rec, err := vault.Record(record.Start{ID: id, At: now})
			if err != nil {
				t.Fatal(err)
			}
			var f media.Frame
			for range 60 {
				rec.Customer().WriteFrame(&f)
				rec.Agents().WriteFrame(&f)
			}
			rec.Finish()
			<-rec.Done()
		}
	})
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- journal.Run(ctx) }()
	if err := journal.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-done
	_ = journal.Close()
	for _, user := range []string{"akiko", "dai", "sofia", "rosa", "tess", "admin"} {
		c := a.client()
		if status, body := c.do("POST", "/api/v1/login", login{user, testPassword}); status != 200 {
			t.Fatal(status, body)
		}
		a.clients[user] = c
	}
	return a
}

// may is the rule, written down once more.
func may(user, gives, which string) bool {
	switch user {
	case "rosa", "admin":
		return true
	case "sofia":
		return which == "bookings"
	case "dai":
		return which != "foreign"
	case "akiko":
		return which == "bookings" && gives == givesWords
	}
	return false
}

// TestWhoMayReadWhat: every route of an interaction, by every role, for interactions of one's own, of one's queue, and foreign.
func TestWhoMayReadWhat(t *testing.T) {
	a := newAccessRig(t)
	all := routes()
	last := slices.IndexFunc(all, func(rt route) bool { return strings.HasSuffix(rt.path, "/content") }) // after which there is nothing to read
	for _, rt := range append(slices.Delete(slices.Clone(all), last, last+1), all[last]) {
		key := rt.method + " " + rt.path
		gives, known := interactionRoutes[key]
		if !known {
			if strings.Contains(rt.path, "/interactions/") || strings.Contains(rt.path, "/snapshots") && rt.path != "/api/v1/customers/{id}/snapshots" {
				t.Errorf("%s gives something of an interaction: say in this test who may have it", key)
			}
			continue
		}
		for user, c := range a.clients {
			for which, id := range a.ids {
				if strings.HasPrefix(rt.path, "/api/v1/snapshots") {
					id = a.snapshots[which]
				}
				path := strings.NewReplacer("{id}", id, "{note}", someUUID, "{still}", "x", "{film}", "1").Replace(rt.path)
				if strings.HasSuffix(path, "/export") {
					path += "?format=json"
				}
				body := map[string]any{}
				if strings.HasSuffix(path, "/notes") {
					body["text"] = "A note."
				} else if strings.HasSuffix(path, "/legal_hold") || strings.HasSuffix(path, "/originals") {
					body["reason"] = "A suit."
				}
				status, answer := c.do(rt.method, path, body)
				role := roleOf(map[string]string{"akiko": "agent", "dai": "agent", "sofia": "supervisor", "rosa": "supervisor", "tess": "supervisor", "admin": "admin"}[user])
				refused := status == 403 && (strings.Contains(answer, `"code":"not_yours"`) || strings.Contains(answer, `"code":"forbidden"`))
				switch {
				case gives == actsInCall:
					if status/100 == 2 || status == 101 {
						t.Errorf("%s by %s, whose call it is not: %d", key, user, status)
					}
				case role < rt.role && !refused, role >= rt.role && refused == may(user, gives, which):
					t.Errorf("%s of %s by %s: %d %.120s", key, which, user, status, answer)
				case !refused && status >= 400 && status != 404 && status != 409:
					t.Errorf("%s of %s by %s: %d %.120s", key, which, user, status, answer)
				}
				if strings.HasSuffix(path, "/legal_hold") && rt.method == "PUT" && status == 200 {
					a.clients["admin"].do("DELETE", path, nil)
				}
			}
			if path := strings.NewReplacer("{id}", someUUID+"", "{note}", someUUID, "{still}", "x", "{film}", "1").Replace(rt.path); gives != actsInCall {
				path = strings.Replace(path, someUUID, "0192f0c1-2345-7000-8000-00000000ffff", 1) + "?format=json"
				if status, answer := c.do(rt.method, path, map[string]any{}); status != 404 && status != 403 {
					t.Errorf("%s of nothing by %s: %d %s", key, user, status, answer)
				}
			}
		}
	}
}

// TestListsHoldWhatMayBeRead: the list, the search and a customer's pictures give what the routes of one interaction give; and the
// customers' records are everybody's.
func TestListsHoldWhatMayBeRead(t *testing.T) {
	a := newAccessRig(t)
	var found struct{ Items []store.Customer }
	_, body := a.clients["akiko"].do("GET", "/api/v1/customers?q=Aoki", nil)
	if err := json.Unmarshal([]byte(body), &found); err != nil || len(found.Items) != 1 {
		t.Fatalf("an agent searches customers: %s", body)
	}
	for user, c := range a.clients {
		for _, path := range []string{"/api/v1/interactions", "/api/v1/search?q=winter", "/api/v1/customers/" + found.Items[0].ID + "/snapshots"} {
			status, body := c.do("GET", path, nil)
			for which, id := range a.ids {
				if has := strings.Contains(body, id); status != 200 || has != may(user, givesWords, which) {
					t.Errorf("%s by %s: %d, %s is there: %t", path, user, status, which, has)
				}
			}
		}
		if status, body := c.do("GET", "/api/v1/customers/"+found.Items[0].ID, nil); status != 200 || !strings.Contains(body, "Aoki") {
			t.Errorf("the customer's record by %s: %d %s", user, status, body)
		}
	}
	// While a call of a queue that is not hers rings at akiko, it is hers.
	foreign := a.ids["foreign"]
	a.hub.User("akiko", "offer", acd.Offer{InteractionID: foreign})
	for _, path := range []string{"/api/v1/interactions/" + foreign, "/api/v1/interactions/" + foreign + "/transcript"} {
		if status, body := a.clients["akiko"].do("GET", path, nil); status != 200 {
			t.Errorf("%s while it rings: %d %s", path, status, body)
		}
	}
	if _, body := a.clients["akiko"].do("GET", "/api/v1/interactions", nil); !strings.Contains(body, foreign) {
		t.Error("the list does not hold what rings")
	}
	a.hub.User("akiko", "offer_end", acd.OfferEnd{InteractionID: foreign})
	if status, _ := a.clients["akiko"].do("GET", "/api/v1/interactions/"+foreign, nil); status != 403 {
		t.Errorf("after it rang elsewhere: %d", status)
	}
	if status, body := a.clients["sofia"].do("GET", "/api/v1/legal_holds", nil); status != 200 || strings.Contains(body, foreign) {
		t.Errorf("holds: %d %s", status, body)
	}
}

// TestBoardOfASupervisor: one who is given queues sees their calls and agents, is alerted of them, and watches no others.
func TestBoardOfASupervisor(t *testing.T) {
	hub := NewHub(HubConfig{})
	sofia := &fakeTab{hub: hub, me: wire.Me{ID: "sofia", Role: "supervisor"}, id: "s"}
	rosa := &fakeTab{hub: hub, me: wire.Me{ID: "rosa", Role: "supervisor"}, id: "r"}
	hub.limit("sofia", reach{queues: []string{"Bookings"}})
	early, late := time.Unix(1, 0), time.Unix(2, 0)
	board := acd.Board{Waiting: 2, Talking: 1, SignedIn: 2, Available: 2, LongestSince: &early, Calls: []acd.BoardCall{
		{InteractionID: "b1", Queue: "Bookings", State: "active"}, {InteractionID: "b2", Queue: "Bookings", State: "waiting", WaitingSince: &late},
		{InteractionID: "o1", Queue: "Orders", State: "waiting", WaitingSince: &early}},
		Agents: []acd.AgentState{{ID: "akiko", Queues: []string{"Bookings"}, Presence: "available", Activity: "idle"}, {ID: "ben", Queues: []string{"Orders"}, Presence: "available", Activity: "idle"}}}
	hub.Board(board)
	for _, f := range []*fakeTab{sofia, rosa} {
		f.join(t, true)
		f.read(t)
	}
	if b := sofia.snap.Board; len(b.Calls) != 2 || len(b.Agents) != 1 || b.Waiting != 1 || b.Talking != 1 || b.SignedIn != 1 || b.Available != 1 || !b.LongestSince.Equal(late) {
		t.Errorf("sofia's snapshot: %+v", b)
	}
	if b := rosa.snap.Board; len(b.Calls) != 3 || b.Waiting != 2 {
		t.Errorf("rosa's snapshot: %+v", b)
	}
	if hub.watch(sofia.s, "o1") || !hub.watch(sofia.s, "b1") || !hub.watch(rosa.s, "o1") || !hub.watch(sofia.s, "") {
		t.Error("who watches what is wrong")
	}
	board.Calls = board.Calls[1:]
	hub.Board(board)
	hub.Alert(acd.Alert{InteractionID: "o1", Code: "long_wait", Queue: "Orders"})
	hub.Alert(acd.Alert{InteractionID: "b2", Code: "long_wait", Queue: "Bookings"})
	sent := func(f *fakeTab) (text string) {
		for _, d := range f.s.log {
			text += string(d.data)
		}
		return text
	}
	if text := sent(sofia); strings.Contains(text, "o1") || strings.Count(text, `"b2"`) != 2 {
		t.Errorf("sofia was sent %s", text)
	}
	if text := sent(rosa); strings.Count(text, `"o1"`) != 2 {
		t.Errorf("rosa was sent %s", text)
	}
	// Whose words sofia watches is handed to a queue that is none of hers.
	if !hub.watch(sofia.s, "b2") {
		t.Error("sofia does not watch a call of her queue")
	}
	moved := board
	moved.Calls = slices.Clone(board.Calls)
	moved.Calls[0].Queue = "Orders"
	hub.Board(moved)
	hub.Interaction("b2", "line", store.Line{InteractionID: "b2", ID: "1", Text: "not for her"})
	if text := sent(sofia); sofia.s.watching != "" || strings.Contains(text, "not for her") {
		t.Errorf("after the call moved sofia was sent %s", text)
	}
	hub.Board(board)
	hub.limit("rosa", reach{queues: []string{"Bookings"}})
	rosa.read(t)
	if len(rosa.snap.Board.Calls) != 1 {
		t.Errorf("after rosa was given a queue: %+v", rosa.snap.Board)
	}
	hub.limit("rosa", reach{})
	rosa.read(t)
	if b := rosa.snap.Board; len(b.Calls) != 0 || len(b.Agents) != 0 || hub.watch(rosa.s, "b1") || hub.MayWatch("rosa", "b1") || !hub.MayWatch("sofia", "b2") || hub.MayWatch("nobody", "b1") {
		t.Errorf("after her last queue was taken away: %+v", b)
	}
}

// TestHoldEndsWithWhatWasDue: a live call is told of a hold before it is kept; what was to be erased under it goes when it ends; what
// is erased takes no hold.
func TestHoldEndsWithWhatWasDue(t *testing.T) {
	a := newAccessRig(t)
	id := a.ids["bookings"]
	path := "/api/v1/interactions/" + id
	sofia := a.clients["sofia"]
	if status, body := sofia.do("PUT", path+"/legal_hold", map[string]string{"reason": "a suit"}); status != 200 || a.center.last() != "legal_hold "+id+" true" {
		t.Errorf("%d %s; the centre was told %q", status, body, a.center.last())
	}
	journal, err := store.NewJournal(store.JournalConfig{Dir: t.TempDir(), Store: a.srv.cfg.Store.(*store.Store)})
	if err != nil {
		t.Fatal(err)
	}
	journal.EraseLater(store.Due{InteractionID: id, At: time.Now(), By: "akiko"})
	done := make(chan error, 1)
	go func() { done <- journal.Run(context.Background()) }()
	if err := journal.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	_ = journal.Close()
	<-done
	if status, body := sofia.do("GET", path, nil); status != 200 || !strings.Contains(body, `"due_at":"2`) || !strings.Contains(body, `"erased_at":null`) {
		t.Errorf("under the hold: %d %s", status, body)
	}
	if status, body := sofia.do("DELETE", path+"/legal_hold", nil); status != 204 || a.center.last() != "legal_hold "+id+" false" {
		t.Errorf("%d %s; the centre was told %q", status, body, a.center.last())
	}
	if status, body := sofia.do("GET", path, nil); status != 200 || !strings.Contains(body, `"erased_reason":"discarded"`) {
		t.Errorf("after the hold: %d %s", status, body)
	}
	if status, body := sofia.do("GET", path+"/transcript", nil); status != 200 || strings.Contains(body, "winter") {
		t.Errorf("words after the hold: %d %s", status, body)
	}
	if status, body := sofia.do("PUT", path+"/legal_hold", map[string]string{"reason": "a suit"}); status != 409 || !strings.Contains(body, `"code":"erased"`) {
		t.Errorf("a hold on nothing: %d %s", status, body)
	}
}

// TestOriginals: what was masked is read with a reason only, which the audit trail has, and by nobody where it cannot be written there.
func TestOriginals(t *testing.T) {
	a := newAccessRig(t)
	path := "/api/v1/interactions/" + a.ids["bookings"] + "/originals"
	for user, status := range map[string]int{"akiko": 403, "dai": 403, "sofia": 200, "admin": 200} {
		got, body := a.clients[user].do("POST", path, map[string]string{"reason": "The bank asks."})
		if got != status || (status == 200) != strings.Contains(body, `"text":"6011 0009"`) || status == 200 && strings.Index(body, "6011") > strings.Index(body, "9424") {
			t.Errorf("%s: %d %s", user, got, body)
		}
	}
	for _, reason := range []string{"", "  ", strings.Repeat("x", 501)} {
		if got, body := a.clients["sofia"].do("POST", path, map[string]string{"reason": reason}); got != 400 || !strings.Contains(body, "reason has") {
			t.Errorf("reason %.9q: %d %s", reason, got, body)
		}
	}
	if got, body := a.clients["admin"].do("POST", strings.Replace(path, a.ids["bookings"], a.ids["orders"], 1), map[string]string{"reason": "The bank asks."}); got != 404 || !strings.Contains(body, "no_originals") {
		t.Errorf("nothing kept: %d %s", got, body)
	}
	_, body := a.clients["admin"].do("GET", "/api/v1/audit?action=see_originals", nil)
	if strings.Count(body, `"reason":"The bank asks."`) != 3 || !strings.Contains(body, `"address":"127.0.0.1"`) || !strings.Contains(body, `"lines":2`) {
		t.Errorf("audit: %s", body)
	}

	lost := newRig(t, func(c *Config) { c.Recordings = keptSound{} }) // the database of the fake can be lost for the audit alone
	lost.store.calls[someUUID] = store.InteractionDetail{Interaction: store.Interaction{ID: someUUID}}
	lost.store.unaudited = true
	if got, body := lost.signedIn("sofia").do("POST", "/api/v1/interactions/"+someUUID+"/originals", map[string]string{"reason": "The bank asks."}); got != 503 || strings.Contains(body, "6011") {
		t.Errorf("not audited: %d %s", got, body)
	}
}

// TestQueueChangesCountAtOnce: who serves a queue, and its name, say what somebody may read from the answer on, also on desks that are
// open; a change that cannot be made whole is not made at all.
func TestQueueChangesCountAtOnce(t *testing.T) {
	a := newAccessRig(t)
	desk := a.clients["sofia"].open(wire.Hello{TabID: "a"})
	desk.await("snapshot", nil)
	change := func(queue string, body map[string]any, want int) {
		t.Helper()
		if status, answer := a.clients["admin"].do("PATCH", "/api/v1/queues/"+queue, body); status != want {
			t.Fatalf("%v: %d %s", body, status, answer)
		}
	}
	reads := func(which string, want int, live ...string) {
		t.Helper()
		if status, answer := a.clients["sofia"].do("GET", "/api/v1/interactions/"+a.ids[which], nil); status != want {
			t.Errorf("%s: %d %s", which, status, answer)
		}
		a.hub.mu.Lock()
		defer a.hub.mu.Unlock()
		if got := a.hub.users["sofia"].reach; got.all || !slices.Equal(got.queues, live) {
			t.Errorf("her desk follows %v, not %v", got, live)
		}
	}
	reads("orders", 403, "Bookings")
	change("o", map[string]any{"users": []string{"sofia", "dai"}}, 200)
	reads("orders", 200, "Bookings", "Orders")
	change("o", map[string]any{"users": []string{"dai"}}, 200)
	reads("orders", 403, "Bookings")
	change("b", map[string]any{"name": "Reservations"}, 200)
	reads("bookings", 200, "Reservations")
	change("b", map[string]any{"name": "Half", "users": []string{"sofia", "nobody"}}, 400)
	reads("bookings", 200, "Reservations")
	change("b", map[string]any{"users": []string{"akiko", "dai"}}, 200) // her last one
	reads("bookings", 403)
	reads("orders", 403)
	if _, body := a.clients["sofia"].do("GET", "/api/v1/interactions", nil); strings.Contains(body, a.ids["bookings"]) || strings.Contains(body, a.ids["orders"]) {
		t.Errorf("without a queue sofia is given %s", body)
	}
	if _, body := a.clients["admin"].do("GET", "/api/v1/queues", nil); strings.Contains(body, "Half") || !strings.Contains(body, "Reservations") {
		t.Errorf("after a change that was refused the queues are %s", body)
	}
}
