package agentui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"patchbay/acd/video"
	"patchbay/agentui/wire"
)

// helpSocket is the WebSocket of one participant of video help: signalling and state. Pictures and drawings go over WebRTC. Its
// reader is the HTTP handler's goroutine; its writer is the only one that writes to conn.
type helpSocket struct {
	srv  *Server
	conn *websocket.Conn
	who  identity    // of a user; of a guest the zero value
	out  chan []byte // to the writer

	once    sync.Once
	closing chan struct{}
	reason  string // before closing
}

// Why a socket is closed, beside what the other side has done.
const (
	signedOut = "signed out" // the user's session was ended
	goingAway = "the server goes away"
)

const maxHelpMessage = 64 << 10 // bytes from a browser; an SDP with video has some 8 kB

var _ video.Conn = (*helpSocket)(nil)

// Send implements video.Conn.
func (k *helpSocket) Send(typ string, data any) {
	raw, err := wire.Marshal(data)
	if err != nil {
		k.srv.log.Error("message has no JSON", "type", typ, "error", err)
		return
	}
	select {
	case k.out <- fmt.Appendf(nil, `{"type":%q,"data":%s}`, typ, raw):
	default:
		k.srv.metrics.slowSockets.Inc()
		k.Close("too slow") // it comes back, and is given whole values
	}
}

// Close implements video.Conn.
func (k *helpSocket) Close(reason string) {
	k.once.Do(func() {
		k.reason = reason
		close(k.closing)
	})
}

func (k *helpSocket) whose() identity { return k.who }
func (k *helpSocket) signedOut()      { k.Close(signedOut) }
func (k *helpSocket) goAway()         { k.Close(goingAway) }

func getHelpSocket(r *request) (any, error) {
	v, err := r.visit()
	if err != nil {
		return nil, err
	}
	if v.entry.State != "yours" {
		return nil, errNoConsent
	}
	return nil, r.srv.serveHelpSocket(r, func(ctx context.Context, k *helpSocket) (*video.Seat, error) {
		return v.help.JoinLink(ctx, v.token, v.cookie, k)
	})
}

func getVideoSocket(r *request) (any, error) {
	help, err := r.help()
	if err != nil {
		return nil, err
	}
	if err := r.oversight(); err != nil {
		return nil, err
	}
	return nil, r.srv.serveHelpSocket(r, func(ctx context.Context, k *helpSocket) (*video.Seat, error) {
		if r.who.role >= roleSupervisor {
			r.srv.audit(r, "watch_video", r.PathValue("id"), nil)
			r.srv.cfg.Hub.limit(r.who.user.ID, r.who.reach()) // by which Hub.MayWatch goes
		}
		return help.JoinUser(ctx, r.PathValue("id"), r.who.user.ID, r.who.user.Name, r.who.role >= roleSupervisor, k)
	})
}

// serveHelpSocket upgrades a request, whose Origin and Host have been checked with every other unsafe one, and serves it.
func (s *Server) serveHelpSocket(r *request, join func(context.Context, *helpSocket) (*video.Seat, error)) error {
	upgrader := websocket.Upgrader{
		HandshakeTimeout: shakeTimeout,
		CheckOrigin:      func(*http.Request) bool { return true },
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			writeProblem(w, problem{Status: status, Code: "bad_handshake", Detail: reason.Error()})
		},
	}
	conn, err := upgrader.Upgrade(r.w, r.Request, nil)
	if err != nil {
		return errAnswered
	}
	defer conn.Close()
	k := &helpSocket{srv: s, conn: conn, who: r.who, out: make(chan []byte, directQueue), closing: make(chan struct{})}
	if !s.helpSockets.add(k) {
		k.goodbye(goingAway)
		return errAnswered
	}
	defer s.helpSockets.remove(k)
	conn.SetReadLimit(maxHelpMessage)
	ctx, cancel := context.WithTimeout(r.Context(), commandTimeout)
	seat, err := join(ctx, k)
	cancel()
	if err != nil {
		k.goodbye(err.Error())
		return errAnswered
	}
	defer seat.Leave()
	var writer sync.WaitGroup
	writer.Go(k.write)
	defer writer.Wait()
	defer k.Close("")
	k.read(seat)
	return errAnswered
}

// read takes messages until the connection ends.
func (k *helpSocket) read(seat *video.Seat) {
	_ = k.conn.SetReadDeadline(time.Now().Add(pongTimeout))
	k.conn.SetPongHandler(func(string) error { return k.conn.SetReadDeadline(time.Now().Add(pongTimeout)) })
	limiter := rate.NewLimiter(messageRate, messageBurst)
	for {
		kind, raw, err := k.conn.ReadMessage()
		if err != nil {
			return
		}
		typ, data, err := parseHelpMessage(raw)
		if kind != websocket.TextMessage || err != nil || !limiter.Allow() {
			k.srv.metrics.badMessages.Inc()
			k.Close("not our language")
			return
		}
		if err := seat.Message(typ, data); err != nil {
			k.srv.metrics.badMessages.Inc()
			k.Close("not our language")
			return
		}
	}
}

var errNoMessage = errors.New("agentui: not a message")

// parseHelpMessage takes a participant's message apart; its data is judged by its type.
func parseHelpMessage(raw []byte) (typ string, data json.RawMessage, err error) {
	if !utf8.Valid(raw) {
		return "", nil, errNoMessage
	}
	var message struct {
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := decodeStrict(raw, &message); err != nil {
		return "", nil, err
	}
	return message.Type, message.Data, nil
}

func (k *helpSocket) write() {
	defer k.conn.Close() // ends the reader
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	var err error
	for err == nil {
		select {
		case <-k.closing:
			k.goodbye(k.reason)
			return
		case raw := <-k.out:
			_ = k.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			err = k.conn.WriteMessage(websocket.TextMessage, raw)
		case <-ping.C:
			err = k.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout))
		}
	}
}

func (k *helpSocket) goodbye(reason string) {
	code := websocket.CloseNormalClosure
	switch reason {
	case "replaced":
		code = wire.CloseReplaced
	case signedOut:
		code = wire.CloseSignedOut
	}
	_ = k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, reason[:min(len(reason), 100)]),
		time.Now().Add(time.Second))
}
