package agentui

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"strconv"
	"sync"
	"time"
	"unicode/utf8"

	"github.com/gorilla/websocket"
	"golang.org/x/time/rate"

	"patchbay/acd"
	"patchbay/agentui/wire"
)

const (
	maxMessage     = 128 << 10        // bytes from a browser; an SDP of Chromium's has some 6 kB
	shakeTimeout   = 10 * time.Second // of the HTTP upgrade
	pingEvery      = 20 * time.Second
	pongTimeout    = 50 * time.Second // two pings and a slow network
	writeTimeout   = 10 * time.Second
	commandTimeout = 10 * time.Second
	directQueue    = 128 // replies and signalling that the browser has not yet read
	messageRate    = 50  // per second and tab; trickled candidates come in bursts
	messageBurst   = 300
)

// socket is one WebSocket of one tab. Its reader is the HTTP handler's goroutine; its writer is the only one that
// writes to conn (gorilla allows one).
type socket struct {
	srv    *Server
	conn   *websocket.Conn
	who    identity
	from   netip.Addr // of the browser
	stream *stream
	start  position

	direct chan []byte   // to the writer
	wake   chan struct{} // to the writer, cap 1: the stream may have something to read

	closeOnce sync.Once
	closing   chan struct{} // closed by close
	closeCode int           // before closing
	closeText string        // before closing
}

// serveWebSocket is GET /api/v1/ws. The request has passed the checks of session, Origin and Host.
func (s *Server) serveWebSocket(w http.ResponseWriter, r *http.Request, who identity, hello wire.Hello) {
	upgrader := websocket.Upgrader{
		HandshakeTimeout: shakeTimeout,
		CheckOrigin:      func(*http.Request) bool { return true }, // checked with every other unsafe request
		Error: func(w http.ResponseWriter, _ *http.Request, status int, reason error) {
			writeProblem(w, problem{Status: status, Code: "bad_handshake", Detail: reason.Error()})
		},
	}
	conn, err := upgrader.Upgrade(w, r, nil)
	if err != nil {
		return // Upgrade has answered
	}
	k := &socket{
		srv: s, conn: conn, who: who, from: remoteAddr(r),
		direct:  make(chan []byte, directQueue),
		wake:    make(chan struct{}, 1),
		closing: make(chan struct{}),
	}
	conn.SetReadLimit(maxMessage)
	s.metrics.sockets.Inc()
	defer s.metrics.sockets.Dec()
	k.run(r.Context(), hello)
}

// run serves the socket until either side ends it.
func (k *socket) run(ctx context.Context, hello wire.Hello) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer k.conn.Close()
	if !k.srv.sockets.add(k) {
		k.writeClose(websocket.CloseGoingAway, goingAway)
		return
	}
	defer k.srv.sockets.remove(k)

	if err := k.join(hello); err != nil {
		k.refuse(err)
		k.writeClose(k.closeCode, k.closeText)
		return
	}
	if !k.stream.watcher {
		k.srv.phones.join(k)
		defer k.srv.phones.leave(k)
	}
	defer func() { k.srv.cfg.Hub.leave(k.stream, k, k.srv.now()) }() // before phones.leave counts the tabs

	var writer sync.WaitGroup
	writer.Go(k.write)
	k.read(ctx)
	cancel()
	writer.Wait()
}

// helloOf reads who comes, and where it goes on, from the address of the WebSocket.
func helloOf(q url.Values) (wire.Hello, error) {
	hello := wire.Hello{TabID: q.Get("tab_id"), Epoch: q.Get("epoch")}
	if len(hello.TabID) > 64 {
		return hello, badRequest("bad_query", "tab_id must have at most 64 bytes.")
	}
	if since := q.Get("since"); since != "" {
		n, err := strconv.ParseUint(since, 10, 64)
		if err != nil {
			return hello, badRequest("bad_query", "since must be a seq.")
		}
		hello.Since = n
	}
	return hello, nil
}

// join joins the stream of the tab or the watcher.
func (k *socket) join(hello wire.Hello) error {
	me := wire.Me{ID: k.who.user.ID, Name: k.who.user.Name, Role: k.who.user.Role, Language: k.who.user.Language}
	k.srv.cfg.Hub.limit(k.who.user.ID, k.who.reach())
	stream, old, start, err := k.srv.cfg.Hub.join(me, hello, k, k.srv.now())
	if err != nil {
		return &closeError{wire.CloseTooMany, fmt.Sprintf("more than %d tabs are open", maxTabs)}
	}
	if old != nil {
		old.close(wire.CloseReplaced, "this tab connected again")
	}
	k.stream, k.start = stream, start
	return nil
}

// read takes messages until the connection ends.
func (k *socket) read(ctx context.Context) {
	_ = k.conn.SetReadDeadline(time.Now().Add(pongTimeout))
	k.conn.SetPongHandler(func(string) error { return k.conn.SetReadDeadline(time.Now().Add(pongTimeout)) })
	limiter := rate.NewLimiter(messageRate, messageBurst)
	for {
		id, typ, data, err := k.receive()
		if err == nil && !limiter.Allow() {
			err = &closeError{websocket.ClosePolicyViolation, "too many messages"}
		}
		if err == nil {
			err = k.command(ctx, id, typ, data)
		}
		if err != nil {
			k.refuse(err)
			return
		}
	}
}

// closeError is why we close a socket.
type closeError struct {
	code int
	text string // for the developer of the other side; never what a person said
}

func (e *closeError) Error() string { return fmt.Sprintf("%d %s", e.code, e.text) }

// refuse closes the socket for err: with a code where the browser is at fault, without where it is just gone.
func (k *socket) refuse(err error) {
	var fault *closeError
	var syntax *strictError
	switch {
	case errors.As(err, &fault):
	case errors.As(err, &syntax):
		fault = &closeError{websocket.ClosePolicyViolation, syntax.Error()}
	default:
		k.close(websocket.CloseNormalClosure, "")
		return
	}
	k.srv.metrics.badMessages.Inc()
	k.srv.log.Warn("websocket refused", "user", k.who.user.ID, "code", fault.code, "reason", fault.text)
	k.close(fault.code, fault.text)
}

// receive reads one message.
func (k *socket) receive() (id uint64, typ string, data json.RawMessage, err error) {
	kind, raw, err := k.conn.ReadMessage()
	if errors.Is(err, websocket.ErrReadLimit) {
		return 0, "", nil, &closeError{websocket.CloseMessageTooBig, "message too long"}
	}
	if err != nil {
		return 0, "", nil, err
	}
	if kind != websocket.TextMessage {
		return 0, "", nil, &closeError{websocket.CloseUnsupportedData, "messages are JSON text"}
	}
	return parseMessage(raw)
}

// parseMessage takes a client's message apart. It judges the envelope only: the data is judged by its type.
func parseMessage(raw []byte) (id uint64, typ string, data json.RawMessage, err error) {
	// RFC 6455 §8.1: text that is not UTF-8 fails the connection; §7.4.1: 1007 for data that does not fit its type.
	if !utf8.Valid(raw) || !json.Valid(raw) {
		return 0, "", nil, &closeError{websocket.CloseInvalidFramePayloadData, "not JSON"}
	}
	var message struct {
		ID   uint64          `json:"id"`
		Type string          `json:"type"`
		Data json.RawMessage `json:"data"`
	}
	if err := decodeStrict(raw, &message); err != nil {
		return 0, "", nil, err
	}
	if _, known := wire.ClientTypes[message.Type]; !known {
		return 0, "", nil, &closeError{websocket.ClosePolicyViolation, "no such message type"}
	}
	if len(message.Data) == 0 || string(message.Data) == "null" {
		message.Data = json.RawMessage("{}")
	}
	return message.ID, message.Type, message.Data, nil
}

// command does what the browser asks and replies.
func (k *socket) command(ctx context.Context, id uint64, typ string, data json.RawMessage) error {
	ctx, cancel := context.WithTimeout(ctx, commandTimeout)
	defer cancel()
	err := commands[typ](acd.FromAddress(ctx, k.from.String()), k, data)
	if syntax := (*strictError)(nil); errors.As(err, &syntax) {
		return err
	}
	k.reply(id, err)
	return nil
}

func (k *socket) reply(id uint64, err error) {
	reply := wire.Reply{ID: id}
	var refused *acd.Error
	switch {
	case err == nil:
	case errors.As(err, &refused):
		reply.Error = &wire.Error{Code: refused.Code, Message: refused.Message}
	default:
		k.srv.log.Error("command failed", "user", k.who.user.ID, "error", err)
		reply.Error = &wire.Error{Code: "internal", Message: "That did not work. Try again."}
	}
	k.send("reply", reply)
}

// send queues a message without a seq. It never blocks: a browser that does not read is closed.
func (k *socket) send(typ string, data any) {
	raw, err := wire.Marshal(data)
	if err != nil {
		k.srv.log.Error("message has no JSON", "type", typ, "error", err)
		return
	}
	select {
	case k.direct <- fmt.Appendf(nil, `{"type":%q,"data":%s}`, typ, raw):
	default:
		k.srv.metrics.slowSockets.Inc()
		k.close(wire.CloseTooSlow, "the browser does not read")
	}
}

// close asks the writer to say goodbye and end the connection; it returns at once.
func (k *socket) close(code int, text string) {
	k.closeOnce.Do(func() {
		k.closeCode, k.closeText = code, text
		close(k.closing)
	})
}

func (k *socket) whose() identity { return k.who }
func (k *socket) signedOut()      { k.close(wire.CloseSignedOut, signedOut) }
func (k *socket) goAway()         { k.close(websocket.CloseGoingAway, goingAway) }

// write is the writer: what the stream holds, replies and signalling, pings, and the goodbye.
func (k *socket) write() {
	defer k.conn.Close() // ends the reader
	ping := time.NewTicker(pingEvery)
	defer ping.Stop()
	at := k.start
	err := k.writeStream(&at)
	for err == nil {
		select {
		case <-k.closing:
			k.writeClose(k.closeCode, k.closeText)
			return
		case raw := <-k.direct:
			err = k.writeFrame(raw)
		case <-k.wake:
			err = k.writeStream(&at)
		case <-ping.C:
			err = k.conn.WriteControl(websocket.PingMessage, nil, time.Now().Add(writeTimeout))
		}
	}
}

// writeStream writes what the stream has gained.
func (k *socket) writeStream(at *position) error {
	b := k.srv.cfg.Hub.read(k.stream, at, k.srv.wrapUpCodes())
	if b.snapshot != nil {
		raw, err := wire.Marshal(b.snapshot)
		if err != nil {
			return err
		}
		if err := k.writeFrame(fmt.Appendf(nil, `{"seq":%d,"type":"snapshot","data":%s}`, b.seq, raw)); err != nil {
			return err
		}
	}
	for _, d := range b.deltas {
		if err := k.writeFrame(fmt.Appendf(nil, `{"seq":%d,"type":%q,"data":%s}`, d.seq, d.typ, d.data)); err != nil {
			return err
		}
	}
	if b.phone == nil {
		return nil
	}
	raw, err := wire.Marshal(b.phone)
	if err != nil {
		return err
	}
	return k.writeFrame(fmt.Appendf(nil, `{"type":"phone","data":%s}`, raw))
}

func (k *socket) writeFrame(raw []byte) error {
	_ = k.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
	return k.conn.WriteMessage(websocket.TextMessage, raw)
}

func (k *socket) writeClose(code int, text string) {
	const maxReason = 123 // bytes; RFC 6455 §5.5: control frames carry 125
	if len(text) > maxReason {
		text = text[:maxReason]
		for !utf8.ValidString(text) {
			text = text[:len(text)-1]
		}
	}
	_ = k.conn.WriteControl(websocket.CloseMessage, websocket.FormatCloseMessage(code, text), time.Now().Add(time.Second))
}
