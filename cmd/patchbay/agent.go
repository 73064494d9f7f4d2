package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"

	"patchbay/acd"
	"patchbay/agentui/wire"
	"patchbay/media/webrtc"
	"patchbay/store"
)

// agent signs in as a browser does, and takes calls over the same signalling.
func agent(ctx context.Context, args []string, std stdio) error {
	fs := flag.NewFlagSet("agent", flag.ContinueOnError)
	target := fs.String("url", "http://127.0.0.1:8080", "the desk's `address`")
	user := fs.String("user", "", "sign-in name")
	password := fs.String("password", "", "password")
	auto := fs.Bool("auto-answer", false, "answer every call at once, and complete the wrap-up at once")
	play := fs.String("play", "", "WAV or MP3 `file` to speak in each call; demo is the shipped recording")
	loop := fs.Bool("loop", false, "play it again and again, with a pause")
	record := fs.String("record", "", "WAV `file` for what we hear from the first answer on (16-bit mono)")
	asJSON := fs.Bool("json", false, "print events as JSON lines")
	rest, err := parse(fs, args, std, "--url URL --user USER --password PASSWORD [flags]")
	if err != nil {
		return err
	}
	if len(rest) > 0 || *user == "" {
		return usageError{"say who signs in: patchbay agent --url http://127.0.0.1:8080 --user akiko --password …"}
	}
	voice, err := openTape(*play, *loop, *record)
	if err != nil {
		return err
	}
	ctx, out := newPrinter(ctx, std.out, *asJSON)
	d := &softDesk{base: strings.TrimRight(*target, "/"), auto: *auto, tape: voice, out: out,
		inbox: make(chan func() error, 64), ended: make(chan struct{}), tab: uuid.NewString()}
	err = d.run(ctx, *user, *password)
	if ctx.Err() != nil {
		err = nil // Ctrl-C is how an agent goes home
	}
	return errors.Join(err, voice.finish())
}

// softDesk is a desk without a screen. Owned by run; the socket's reader and the peer's callbacks post functions to inbox.
type softDesk struct {
	base  string
	auto  bool
	tape  *tape
	out   *printer
	inbox chan func() error
	ended chan struct{} // closed when run ends
	tab   string

	conn     *websocket.Conn
	next     uint64 // id of the next message
	api      *webrtc.API
	peer     *webrtc.Peer
	gen      uint32
	stopTape func()
	call     string // interaction of the present call
	beside   string // interaction that a supervisor is beside
	asked    bool   // presence was asked for
}

func (d *softDesk) post(f func() error) {
	select {
	case d.inbox <- f:
	case <-d.ended:
	}
}

func (d *softDesk) run(ctx context.Context, user, password string) (err error) {
	defer close(d.ended)
	if err := d.signIn(ctx, user, password); err != nil {
		return err
	}
	d.out.print("signed_in", "signed in as "+user, map[string]any{"user": user})
	if d.api, err = webrtc.NewAPI(webrtc.Config{UDPAddr: d.localAddr()}); err != nil {
		return err
	}
	defer d.api.Close()
	defer d.dropPeer()
	defer d.conn.Close()
	go d.read()
	if err := d.send("phone_start", wire.PhoneStart{}); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case f := <-d.inbox:
			if err := f(); err != nil {
				return err
			}
		}
	}
}

// localAddr is where our audio comes from: loopback reaches a server on this machine, any interface another.
func (d *softDesk) localAddr() string {
	if u, err := url.Parse(d.base); err == nil && (u.Hostname() == "localhost" || loopback(net.JoinHostPort(u.Hostname(), "0"))) {
		return "127.0.0.1:0"
	}
	return "0.0.0.0:0"
}

// signIn gets the session cookie and opens the socket with it.
func (d *softDesk) signIn(ctx context.Context, user, password string) error {
	base, err := url.Parse(d.base)
	if err != nil || base.Host == "" || base.Scheme != "http" && base.Scheme != "https" {
		return usageError{fmt.Sprintf("--url is an address such as http://127.0.0.1:8080, not %q", d.base)}
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		return err
	}
	client := &http.Client{Jar: jar, Timeout: 10 * time.Second}
	body, _ := json.Marshal(map[string]string{"user": user, "password": password})
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, d.base+"/api/v1/login", bytes.NewReader(body))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "application/json")
	req.Header.Set("Origin", base.Scheme+"://"+base.Host)
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("the desk at %s cannot be reached: %w", d.base, err)
	}
	defer res.Body.Close()
	if res.StatusCode/100 != 2 {
		var problem struct{ Title, Detail string }
		_ = json.NewDecoder(io.LimitReader(res.Body, 1<<16)).Decode(&problem)
		return fmt.Errorf("%s cannot sign in: %s", user, cmp.Or(problem.Detail, problem.Title, res.Status))
	}
	dialer := websocket.Dialer{Jar: jar, HandshakeTimeout: 10 * time.Second}
	ws := *base
	ws.Scheme = strings.Replace(base.Scheme, "http", "ws", 1)
	ws.Path = strings.TrimRight(base.Path, "/") + "/api/v1/ws"
	ws.RawQuery = wire.Hello{TabID: d.tab}.Query()
	conn, res, err := dialer.DialContext(ctx, ws.String(), http.Header{"Origin": {base.Scheme + "://" + base.Host}})
	if err != nil {
		if res != nil {
			return fmt.Errorf("the desk refused the connection: %s", res.Status)
		}
		return fmt.Errorf("the desk's connection failed: %w", err)
	}
	d.conn = conn
	return nil
}

// read posts what the server sends, in order, until the socket ends.
func (d *softDesk) read() {
	for {
		var m struct {
			Type string          `json:"type"`
			Data json.RawMessage `json:"data"`
		}
		if err := d.conn.ReadJSON(&m); err != nil {
			d.post(func() error { return fmt.Errorf("the desk closed the connection: %w", err) })
			return
		}
		d.post(func() error { return d.handle(m.Type, m.Data) })
	}
}

func (d *softDesk) send(typ string, data any) error {
	d.next++
	return d.conn.WriteJSON(map[string]any{"id": d.next, "type": typ, "data": data})
}

func (d *softDesk) handle(typ string, raw json.RawMessage) error {
	switch typ {
	case "snapshot":
		return with(raw, func(s wire.Snapshot) error {
			if s.Call != nil {
				if err := d.onCall(*s.Call); err != nil {
					return err
				}
			}
			if s.Offer != nil {
				return d.onOffer(*s.Offer)
			}
			return nil
		})
	case "rtc_offer":
		return with(raw, d.onDescription)
	case "rtc_candidate":
		return with(raw, func(c wire.Candidate) error {
			if d.peer != nil && c.Gen == d.gen {
				if err := d.peer.AddCandidate(webrtc.Candidate{Candidate: c.Candidate, SDPMid: c.SDPMid, SDPMLineIndex: c.SDPMLineIndex}); err != nil {
					d.out.print("candidate_refused", "a network path was not understood: "+err.Error(), map[string]any{"error": err.Error()})
				}
			}
			return nil
		})
	case "offer":
		return with(raw, d.onOffer)
	case "offer_end":
		return with(raw, func(e acd.OfferEnd) error {
			d.out.print("offer_end", "the ringing stopped: "+e.Reason, map[string]any{"interaction": e.InteractionID, "reason": e.Reason})
			return nil
		})
	case "call":
		return with(raw, d.onCall)
	case "call_end":
		return with(raw, func(e acd.CallEnd) error {
			d.call = ""
			d.out.print("call_end", "the call is wrapped up", map[string]any{"interaction": e.InteractionID})
			return nil
		})
	case "agent":
		return with(raw, d.onAgent)
	case "supervision":
		return with(raw, d.onSupervision)
	case "customer":
		return with(raw, func(c store.CustomerView) error {
			d.out.print("customer", "the customer is "+c.Name, map[string]any{"id": c.ID, "name": c.Name})
			return nil
		})
	case "line":
		return with(raw, func(l store.Line) error {
			d.out.print("line", l.Speaker+": "+l.Text, map[string]any{"interaction": l.InteractionID, "speaker": l.Speaker,
				"start_ms": l.StartMS, "end_ms": l.EndMS, "text": l.Text})
			return nil
		})
	case "reply":
		return with(raw, func(r wire.Reply) error {
			if r.Error != nil {
				d.out.print("refused", r.Error.Message, map[string]any{"code": r.Error.Code, "message": r.Error.Message})
			}
			return nil
		})
	}
	return nil
}

// with decodes a message's data.
func with[T any](raw json.RawMessage, f func(T) error) error {
	var v T
	if err := json.Unmarshal(raw, &v); err != nil {
		return fmt.Errorf("the desk sent what cannot be read: %w", err)
	}
	return f(v)
}

// onAgent goes available as soon as the phone is connected, once: a presence that the system changes later stays.
func (d *softDesk) onAgent(a acd.AgentState) error {
	d.out.print("agent", a.Presence+", "+a.Activity, map[string]any{"presence": a.Presence, "activity": a.Activity, "reason": a.Reason})
	if a.PhoneReady && !d.asked {
		d.asked = true
		return d.send("presence", wire.Presence{Presence: "available"})
	}
	return nil
}

func (d *softDesk) onOffer(o acd.Offer) error {
	d.out.print("offer", "a call rings: "+o.From+" "+o.CustomerName, map[string]any{"interaction": o.InteractionID, "from": o.From, "customer": o.CustomerName, "queue": o.Queue})
	if !d.auto {
		return nil
	}
	return d.send("answer", wire.Ref{InteractionID: o.InteractionID})
}

func (d *softDesk) onCall(c acd.Call) error {
	if c.State == "wrap_up" {
		d.out.print("ended", "the call is over, "+c.EndedBy+" hung up", map[string]any{"interaction": c.InteractionID, "by": c.EndedBy})
		if d.auto {
			return d.send("wrap_up", wire.WrapUp{InteractionID: c.InteractionID})
		}
		return nil
	}
	if d.call != c.InteractionID {
		d.call = c.InteractionID
		d.tape.start()
		d.out.print("answered", "in a call with "+c.From, map[string]any{"interaction": c.InteractionID, "from": c.From})
	}
	return nil
}

// onSupervision is of a supervisor, whose own desk says what to do: here are only the voice and the ear.
func (d *softDesk) onSupervision(v acd.Supervision) error {
	if v.InteractionID != "" && d.beside != v.InteractionID {
		d.tape.start()
	}
	d.beside = v.InteractionID
	d.out.print("supervision", "beside a call: "+cmp.Or(v.Mode, "no longer"), map[string]any{"interaction": v.InteractionID, "mode": v.Mode})
	return nil
}

// onDescription answers the server's offer: the first of a generation makes a new peer, a later one restarts ICE.
func (d *softDesk) onDescription(o wire.Description) error {
	if d.peer == nil || d.gen != o.Gen {
		d.dropPeer()
		gen := o.Gen
		peer, err := d.api.NewPeer(webrtc.PeerConfig{
			OnState: func(s webrtc.State) {
				d.out.print("phone", "audio "+string(s), map[string]any{"state": string(s)})
				if s == webrtc.Failed {
					d.post(func() error { return d.send("phone_start", wire.PhoneStart{Restart: true}) })
				}
			},
			OnCandidate: func(c webrtc.Candidate) {
				d.post(func() error {
					return d.send("rtc_candidate", wire.Candidate{Candidate: c.Candidate, SDPMid: c.SDPMid, SDPMLineIndex: c.SDPMLineIndex, Gen: gen})
				})
			},
		})
		if err != nil {
			return err
		}
		d.peer, d.gen = peer, gen
		if d.stopTape, err = d.tape.playTo(peer); err != nil {
			return err
		}
	}
	answer, err := d.peer.Accept(context.Background(), o.SDP)
	if err != nil {
		return fmt.Errorf("the desk's offer of audio cannot be accepted: %w", err)
	}
	return d.send("rtc_answer", wire.Description{SDP: answer, Gen: o.Gen})
}

func (d *softDesk) dropPeer() {
	if d.stopTape != nil {
		d.stopTape()
		d.stopTape = nil
	}
	if d.peer != nil {
		_ = d.peer.Close()
		d.peer = nil
	}
}
