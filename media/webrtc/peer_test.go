package webrtc

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/mediatest"
)

// patience bounds every wait for the network; nothing takes nearly as long.
const patience = 20 * time.Second

func newAPI(t *testing.T, cfg Config) *API {
	t.Helper()
	a, err := NewAPI(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return a
}

// end is one side of a connection.
type end struct {
	*Peer
	states chan State
}

func newEnd(t *testing.T, a *API, cfg PeerConfig) end {
	t.Helper()
	e := end{states: make(chan State, 100)}
	cfg.OnState = func(s State) { e.states <- s }
	p, err := a.NewPeer(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	e.Peer = p
	return e
}

// await waits for a state.
func (e end) await(t *testing.T, want State) {
	t.Helper()
	deadline := time.After(patience)
	for {
		select {
		case s := <-e.states:
			if s == want {
				return
			}
		case <-deadline:
			t.Fatalf("state %s, not %s, after %v", e.Stats().State, want, patience)
		}
	}
}

// connect makes server offer and client accept, candidates within the descriptions.
func connect(t *testing.T, server, client end) {
	t.Helper()
	negotiate(t, server.Offer, server, client)
	server.await(t, Connected)
	client.await(t, Connected)
}

func negotiate(t *testing.T, offer func(context.Context) (string, error), server, client end) {
	t.Helper()
	o, err := offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	a, err := client.Accept(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Answer(a); err != nil {
		t.Fatal(err)
	}
}

// talk lets both ends hum at each other for a while, each on a bridge of its own, and gives what each heard.
func talk(t *testing.T, server, client *Peer, serverHz, clientHz float64, d time.Duration) (atServer, atClient []int16) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	heard := make(chan []int16, 2)
	hum := func(p *Peer, hz float64) []int16 {
		b := media.NewBridge(media.BridgeConfig{Silence: true})
		rec := &mediatest.Recorder{}
		far, err := b.Attach(p)
		if err != nil {
			t.Error(err)
		}
		near, err := b.Attach(mediatest.Leg{Source: mediatest.NewTone(hz, -20), Sink: rec})
		if err != nil {
			t.Error(err)
		}
		b.SetMatrix(media.Matrix{}.With(far, near, true).With(near, far, true))
		if err := b.Run(ctx); err != nil {
			t.Error(err)
		}
		return rec.Samples()
	}
	go func() { heard <- hum(client, clientHz) }()
	atServer = hum(server, serverHz)
	return atServer, <-heard
}

// checkTone wants hz at about −20 dBFS, in one stretch of 250 ms at least (a busy machine tears holes into real time), and
// nothing of the other end's own tone in all that was heard.
func checkTone(t *testing.T, who string, samples []int16, hz, not float64) {
	t.Helper()
	const stretch = media.SampleRate / 4
	best := -150.0
	for at := 0; at+stretch <= len(samples); at += stretch / 2 {
		best = max(best, mediatest.PowerAt(samples[at:at+stretch], media.SampleRate, hz))
	}
	if best < -22 || best > -18 {
		t.Errorf("%s hears %.0f Hz at %.1f dBFS, not -20", who, hz, best)
	}
	if level := mediatest.PowerAt(samples, media.SampleRate, not); level > -55 {
		t.Errorf("%s hears its own %.0f Hz at %.1f dBFS", who, not, level)
	}
}

// Tones as the recipes advise: no harmonic of one lies near the other, at 8 kHz either.
const (
	serverHz = 437
	clientHz = 1723
)

func TestBothHearEachOther(t *testing.T) {
	for _, c := range []codec.Codec{codec.Opus, codec.G722, codec.PCMU, codec.PCMA} {
		t.Run(c.Name(), func(t *testing.T) {
			t.Parallel()
			a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true, Codecs: []codec.Codec{c}})
			b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
			server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
			connect(t, server, client)
			atServer, atClient := talk(t, server.Peer, client.Peer, serverHz, clientHz, 1500*time.Millisecond)
			checkTone(t, "server", atServer, clientHz, serverHz)
			checkTone(t, "client", atClient, serverHz, clientHz)
			if got := server.Stats(); got.Codec != c || got.LossIn > 0 || got.TCP || got.State != Connected {
				t.Errorf("stats: %+v", got)
			}
		})
	}
}

func TestOfferersPreferenceWins(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Codecs: []codec.Codec{codec.PCMA, codec.Opus}})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
	connect(t, server, client)
	if s, c := server.Stats().Codec, client.Stats().Codec; s != codec.PCMA || c != codec.PCMA {
		t.Errorf("the server sends %s and the client %s, not PCMA", s, c)
	}
}

func TestTCPOnly(t *testing.T) {
	a := newAPI(t, Config{TCPAddr: "127.0.0.1:0", Lite: true})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
	connect(t, server, client)
	atServer, atClient := talk(t, server.Peer, client.Peer, serverHz, clientHz, 1500*time.Millisecond)
	checkTone(t, "server", atServer, clientHz, serverHz)
	checkTone(t, "client", atClient, serverHz, clientHz)
	if !server.Stats().TCP || !client.Stats().TCP {
		t.Error("the sound does not go over TCP")
	}
}

func TestTrickle(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	// Each side's candidates go straight to the other, before its description as likely as after.
	toServer, toClient := make(chan Candidate, 100), make(chan Candidate, 100)
	server := newEnd(t, a, PeerConfig{OnCandidate: func(c Candidate) { toClient <- c }})
	client := newEnd(t, b, PeerConfig{OnCandidate: func(c Candidate) { toServer <- c }})
	offer, err := server.Offer(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	pass := func(from chan Candidate, to *Peer) {
		for {
			select {
			case c := <-from:
				if err := to.AddCandidate(c); err != nil {
					t.Error(err)
				}
				if c.Candidate == "" {
					return
				}
			case <-time.After(patience):
				t.Error("the candidates never end")
				return
			}
		}
	}
	pass(toClient, client.Peer) // all before the offer: they are kept
	answer, err := client.Accept(t.Context(), offer)
	if err != nil {
		t.Fatal(err)
	}
	if err := server.Answer(answer); err != nil {
		t.Fatal(err)
	}
	pass(toServer, server.Peer)
	server.await(t, Connected)
	client.await(t, Connected)
}

func TestRestartICE(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
	connect(t, server, client)
	first := server.pc.LocalDescription().SDP
	negotiate(t, func(ctx context.Context) (string, error) {
		offer, err := server.RestartICE(ctx)
		if got, want := candidates(offer), candidates(first); !slices.Equal(got, want) {
			t.Errorf("candidates %q in the restart's offer, not %q", got, want)
		}
		return offer, err
	}, server, client)
	second := server.pc.LocalDescription().SDP
	if line(second, "a=ice-ufrag:") == line(first, "a=ice-ufrag:") {
		t.Error("the restart kept the user fragment")
	}
	atServer, atClient := talk(t, server.Peer, client.Peer, serverHz, clientHz, 1500*time.Millisecond)
	checkTone(t, "server", atServer, clientHz, serverHz)
	checkTone(t, "client", atClient, serverHz, clientHz)
}

// line gives the first line of an SDP that begins so.
func line(sdp, prefix string) string {
	for l := range strings.Lines(sdp) {
		if strings.HasPrefix(l, prefix) {
			return l
		}
	}
	return ""
}

func TestOfferAgainWhereTheFirstGotLost(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
	if _, err := server.Offer(t.Context()); err != nil {
		t.Fatal(err)
	}
	connect(t, server, client)
}

func TestFarEndCloses(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true})
	b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
	connect(t, server, client)
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	server.await(t, Closed)
	<-client.Done()
}

func TestCloseInsideAndBesideACallback(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
	var p *Peer
	ready, closed := make(chan struct{}), make(chan struct{})
	p, err := a.NewPeer(PeerConfig{OnCandidate: func(Candidate) {
		<-ready
		_ = p.Close() // inside
		<-closed      // and blocking whoever closes beside
	}})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Offer(t.Context()); err != nil {
		t.Fatal(err)
	}
	close(ready)
	<-p.Done()
	if err := p.Close(); err != nil {
		t.Fatal(err)
	}
	close(closed)
	if _, err := p.Offer(t.Context()); !errors.Is(err, ErrClosed) {
		t.Errorf("offer after close: %v", err)
	}
	if err := p.AddCandidate(Candidate{}); !errors.Is(err, ErrClosed) {
		t.Errorf("candidate after close: %v", err)
	}
}

func TestManyPeersOnOnePort(t *testing.T) {
	a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true, Codecs: []codec.Codec{codec.PCMU}})
	for i := range 5 {
		t.Run(fmt.Sprint(i), func(t *testing.T) {
			b := newAPI(t, Config{UDPAddr: "127.0.0.1:0"})
			server, client := newEnd(t, a, PeerConfig{}), newEnd(t, b, PeerConfig{})
			connect(t, server, client)
		})
	}
}
