//go:build bench

package main

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/gorilla/websocket"
	"github.com/pion/ice/v4"
	"github.com/pion/rtp"
	pion "github.com/pion/webrtc/v4"

	"patchbay/acd"
	"patchbay/agentui/wire"
)

// bareDesk is a desk by socket alone: it keeps every message with the moment of its arrival, and its audio is G.711 in
// packets, with no jitter buffer of ours between. An agent's answers every call at once and completes the wrap-up.
type bareDesk struct {
	t    testing.TB
	conn *websocket.Conn
	say  func(n int) pcm
	hear func(at time.Time, sound pcm)

	wmu  sync.Mutex // one writer at a time
	next uint64

	speaking atomic.Bool // in a call: before and after it a browser's microphone is off, and nothing is sent

	mu      sync.Mutex
	inbox   []deskMessage
	talker  *talker
	closed  bool
	pc      *pion.PeerConnection
	gen     uint32
	asked   bool // presence was asked for
	readers sync.WaitGroup
}

type deskMessage struct {
	at   time.Time
	kind string
	data json.RawMessage
}

// openBareDesk signs in. An agent (say is not nil) is available when it returns.
func openBareDesk(t testing.TB, c *centreUnderTest, user string, say func(n int) pcm, hear func(time.Time, pcm)) *bareDesk {
	t.Helper()
	session := &centreUnderTest{http: c.http, base: c.base, client: &http.Client{Jar: newJar(t), Timeout: 10 * time.Second}}
	session.signIn(t, user)
	dialer := websocket.Dialer{Jar: session.client.Jar, HandshakeTimeout: 10 * time.Second}
	conn, _, err := dialer.Dial("ws://"+c.http+"/api/v1/ws?"+wire.Hello{TabID: uuid.NewString()}.Query(), http.Header{"Origin": {"http://" + c.http}})
	if err != nil {
		t.Fatalf("%s: %v", user, err)
	}
	d := &bareDesk{t: t, conn: conn, say: say, hear: hear}
	d.readers.Go(d.read)
	t.Cleanup(d.close)
	if say != nil {
		d.send("phone_start", wire.PhoneStart{})
		c.poll(t, user+" available", 20*time.Second, func() bool { return c.available(t, user) })
	}
	return d
}

func (d *bareDesk) send(kind string, data any) {
	d.wmu.Lock()
	defer d.wmu.Unlock()
	d.next++
	_ = d.conn.WriteJSON(map[string]any{"id": d.next, "type": kind, "data": data}) // a broken socket ends read
}

func (d *bareDesk) read() {
	for {
		var m struct {
			Type string
			Data json.RawMessage
		}
		if err := d.conn.ReadJSON(&m); err != nil {
			return
		}
		d.mu.Lock()
		d.inbox = append(d.inbox, deskMessage{time.Now(), m.Type, m.Data})
		d.mu.Unlock()
		if d.say != nil {
			d.act(m.Type, m.Data)
		}
	}
}

// act does what an agent who answers everything does.
func (d *bareDesk) act(kind string, raw json.RawMessage) {
	var (
		agent acd.AgentState
		offer acd.Offer
		call  acd.Call
		desc  wire.Description
		cand  wire.Candidate
	)
	into := map[string]any{"agent": &agent, "offer": &offer, "call": &call, "rtc_offer": &desc, "rtc_candidate": &cand}[kind]
	if into == nil {
		return
	}
	if err := json.Unmarshal(raw, into); err != nil {
		d.t.Errorf("%s: %v", kind, err)
		return
	}
	switch kind {
	case "agent":
		if agent.PhoneReady && !d.asked {
			d.asked = true
			d.send("presence", wire.Presence{Presence: "available"})
		}
	case "offer":
		d.send("answer", wire.Ref{InteractionID: offer.InteractionID})
	case "call":
		d.speaking.Store(call.State == "active")
		if call.State == "wrap_up" {
			d.send("wrap_up", wire.WrapUp{InteractionID: call.InteractionID})
		}
	case "rtc_offer":
		if err := d.describe(desc); err != nil {
			d.t.Errorf("the server's offer of audio: %v", err)
		}
	case "rtc_candidate":
		if cand.Candidate != "" && d.pc != nil && cand.Gen == d.gen {
			_ = d.pc.AddICECandidate(pion.ICECandidateInit{Candidate: cand.Candidate, SDPMid: cand.SDPMid, SDPMLineIndex: cand.SDPMLineIndex})
		}
	}
}

// describe answers the server's description: audio by PCMU, both ways.
func (d *bareDesk) describe(o wire.Description) error {
	if d.pc == nil || d.gen != o.Gen {
		d.hangUp()
		var engine pion.MediaEngine
		pcmu := pion.RTPCodecCapability{MimeType: pion.MimeTypePCMU, ClockRate: phoneRate}
		if err := engine.RegisterCodec(pion.RTPCodecParameters{RTPCodecCapability: pcmu}, pion.RTPCodecTypeAudio); err != nil {
			return err
		}
		var set pion.SettingEngine
		set.SetIncludeLoopbackCandidate(true)
		set.SetIPFilter(isLoopback)
		set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
		if err := set.SetAnsweringDTLSRole(pion.DTLSRoleClient); err != nil { // as browsers do
			return err
		}
		pc, err := pion.NewAPI(pion.WithMediaEngine(&engine), pion.WithSettingEngine(set)).NewPeerConnection(pion.Configuration{})
		if err != nil {
			return err
		}
		out, err := pion.NewTrackLocalStaticRTP(pcmu, "audio", "bench")
		if err != nil {
			return err
		}
		if _, err := pc.AddTrack(out); err != nil {
			return err
		}
		pc.OnTrack(func(in *pion.TrackRemote, _ *pion.RTPReceiver) {
			readSound(func(b []byte) (int, error) { n, _, err := in.Read(b); return n, err }, d.hear)
		})
		pc.OnICECandidate(func(c *pion.ICECandidate) {
			if c != nil {
				init := c.ToJSON()
				d.send("rtc_candidate", wire.Candidate{Candidate: init.Candidate, SDPMid: init.SDPMid, SDPMLineIndex: init.SDPMLineIndex, Gen: o.Gen})
			}
		})
		pc.OnConnectionStateChange(func(s pion.PeerConnectionState) {
			d.mu.Lock()
			defer d.mu.Unlock()
			if s == pion.PeerConnectionStateConnected && d.talker == nil && !d.closed {
				d.talker = talk(d.say, func(p *rtp.Packet) error {
					if !d.speaking.Load() {
						return nil
					}
					return out.WriteRTP(p)
				})
			}
		})
		d.pc, d.gen = pc, o.Gen
	}
	if err := d.pc.SetRemoteDescription(pion.SessionDescription{Type: pion.SDPTypeOffer, SDP: o.SDP}); err != nil {
		return err
	}
	answer, err := d.pc.CreateAnswer(nil)
	if err != nil {
		return err
	}
	if err := d.pc.SetLocalDescription(answer); err != nil {
		return err
	}
	d.send("rtc_answer", wire.Description{SDP: answer.SDP, Gen: o.Gen})
	return nil
}

// voice is what sends the desk's sound, once it is connected.
func (d *bareDesk) voice() *talker {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.talker
}

// all gives the messages of one kind so far.
func (d *bareDesk) all(kind string) []deskMessage {
	d.mu.Lock()
	defer d.mu.Unlock()
	var out []deskMessage
	for _, m := range d.inbox {
		if m.kind == kind {
			out = append(out, m)
		}
	}
	return out
}

// decodedAs reads a message's data.
func decodedAs[T any](t testing.TB, m deskMessage) (v T) {
	t.Helper()
	if err := json.Unmarshal(m.data, &v); err != nil {
		t.Fatalf("%s: %v", m.kind, err)
	}
	return v
}

// inCall tells whether the desk talks to somebody.
func (d *bareDesk) inCall() bool {
	calls := d.all("call")
	if len(calls) == 0 {
		return false
	}
	return strings.Contains(string(calls[len(calls)-1].data), `"state":"active"`)
}

func (d *bareDesk) hangUp() {
	d.mu.Lock()
	tk := d.talker
	d.talker = nil
	d.mu.Unlock()
	if tk != nil {
		tk.stop()
	}
	if d.pc != nil {
		_ = d.pc.Close()
	}
}

func (d *bareDesk) close() {
	d.mu.Lock()
	d.closed = true
	d.mu.Unlock()
	d.conn.Close()
	d.readers.Wait()
	d.hangUp()
}
