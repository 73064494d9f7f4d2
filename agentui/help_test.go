package agentui

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"patchbay/acd"
	"patchbay/acd/video"
	"patchbay/agentui/wire"
)

type noCentre struct{}

func (noCentre) GuestOn(string, acd.GuestPhone)        {}
func (noCentre) GuestOff(string, acd.GuestPhone, bool) {}
func (noCentre) VideoState(string, string)             {}
func (noCentre) GuestCame(string)                      {}

type noRooms struct{}

func (noRooms) NewRoom(*slog.Logger) video.Room { return noRooms{} }
func (noRooms) Join(video.MemberConfig) (video.Member, error) {
	return nil, errors.New("no media in this test")
}
func (noRooms) WantKeyframe() {}
func (noRooms) Close() error  { return nil }

// withHelp gives a rig video help, with akiko in the call "i".
func withHelp(t *testing.T) *rig {
	t.Helper()
	var sessions *video.Sessions
	r := newRig(t, func(cfg *Config) {
		var err error
		sessions, err = video.New(video.Config{
			Rooms: noRooms{}, Centre: func() video.Centre { return noCentre{} }, Publisher: cfg.Hub, Log: slog.New(slog.DiscardHandler),
			Timeline: func(string, string, string, map[string]any) {},
			Link:     func(token string) string { return "/help/" + token },
		})
		if err != nil {
			t.Fatal(err)
		}
		cfg.Help = sessions
	})
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { _ = sessions.Run(ctx) })
	t.Cleanup(func() { cancel(); running.Wait() })
	sessions.Watch(r.hub).User("akiko", "call", acd.Call{InteractionID: "i", State: "active"})
	if err := sessions.Start(t.Context(), "akiko", "i"); err != nil {
		t.Fatal(err)
	}
	return r
}

// watchVideo opens the video help of the call "i" as an agent does.
func (c *client) watchVideo() *websocket.Conn {
	c.t.Helper()
	at, err := url.Parse(c.url)
	if err != nil {
		c.t.Fatal(err)
	}
	dialer := websocket.Dialer{Jar: c.http.Jar, HandshakeTimeout: 5 * time.Second}
	conn, _, err := dialer.Dial("ws://"+at.Host+"/api/v1/interactions/i/video/ws", http.Header{"Origin": {c.url}})
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { conn.Close() })
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	if _, _, err := conn.ReadMessage(); err != nil { // the room: it is seated
		c.t.Fatal(err)
	}
	return conn
}

// endOf reads to the end of a socket, and gives its code.
func endOf(t *testing.T, conn *websocket.Conn) int {
	t.Helper()
	_ = conn.SetReadDeadline(time.Now().Add(5 * time.Second))
	for {
		if _, _, err := conn.ReadMessage(); err != nil {
			var closed *websocket.CloseError
			if !errors.As(err, &closed) {
				t.Fatalf("the socket stays open: %v", err)
			}
			return closed.Code
		}
	}
}

// TestSignedOutSeesNoMore: who is signed out everywhere no longer watches a customer's camera, at once or, where another
// program ended the session, with the next sweep.
func TestSignedOutSeesNoMore(t *testing.T) {
	r := withHelp(t)
	conn := r.signedIn("akiko").watchVideo()
	if status, text := r.signedIn("admin").do("DELETE", "/api/v1/users/akiko/sessions", nil); status != 204 {
		t.Fatalf("%d %s", status, text)
	}
	if code := endOf(t, conn); code != wire.CloseSignedOut {
		t.Errorf("closed with %d", code)
	}

	conn = r.signedIn("akiko").watchVideo()
	if err := r.store.RevokeUserSessions(t.Context(), "akiko"); err != nil {
		t.Fatal(err)
	}
	r.srv.sessions.dropUser("akiko")
	r.srv.endStaleSockets(t.Context())
	if code := endOf(t, conn); code != wire.CloseSignedOut {
		t.Errorf("swept with %d", code)
	}
}

func (c *fakeCenter) VideoOut(context.Context, string, string, string) (string, error) {
	return "i", nil
}

// TestGuessesAreLimited: by address, where others still may try, and in all, wherever they come from; and both pass with time.
func TestGuessesAreLimited(t *testing.T) {
	now := time.Now()
	g := newGuessLimit(func() time.Time { return now })
	one, other := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.1")
	for range int(guessesByAddress.burst) {
		if _, ok := g.allow(one); !ok {
			t.Fatal("refused within the limit")
		}
		g.failed(one)
	}
	if wait, ok := g.allow(one); ok || wait <= 0 || wait > guessesByAddress.every {
		t.Errorf("after %v guesses: %v %v", guessesByAddress.burst, wait, ok)
	}
	if _, ok := g.allow(other); !ok {
		t.Error("another address is refused")
	}
	for i := range int(guessesByAll.burst) {
		g.failed(netip.AddrFrom4([4]byte{203, 0, byte(i), 1}))
	}
	if wait, ok := g.allow(other); ok || wait > guessesByAll.every {
		t.Errorf("after guesses from everywhere: %v %v", wait, ok)
	}
	now = now.Add(guessesByAddress.every)
	if _, ok := g.allow(one); !ok {
		t.Error("the limit does not pass")
	}
}

// TestGuessingIsAnswered429: with the time to wait, and without a word on whether the code exists.
func TestGuessingIsAnswered429(t *testing.T) {
	c := withHelp(t).client()
	for i := range 20 {
		status, _, header := c.full("POST", "/api/v1/help/code", helpCode{fmt.Sprintf("%09d", i)})
		switch {
		case status == http.StatusTooManyRequests:
			if header.Get("Retry-After") == "" || i < int(guessesByAddress.burst) {
				t.Errorf("guess %d: Retry-After %q", i, header.Get("Retry-After"))
			}
			return
		case status != http.StatusNotFound:
			t.Fatalf("guess %d: %d", i, status)
		}
	}
	t.Error("nobody is stopped")
}
