package agentui

import (
	"context"
	"encoding/json"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"patchbay/agentui/wire"
)

// phoneRig is an agent's phone under a clock that the test steps, without a network.
type phoneRig struct {
	t      *testing.T
	hub    *Hub
	center *fakeCenter
	peers  *fakePhones
	phones *phones
}

func newPhoneRig(t *testing.T) *phoneRig {
	r := &phoneRig{t: t, hub: NewHub(HubConfig{}), center: &fakeCenter{}, peers: &fakePhones{}}
	ctx, cancel := context.WithCancel(t.Context())
	r.phones = newPhones(ctx, Config{Hub: r.hub, Center: r.center, Phones: r.peers, Log: r.hub.log})
	t.Cleanup(func() {
		cancel()
		r.phones.wg.Wait()
		for _, p := range r.peers.peers {
			if !p.isClosed() {
				t.Errorf("%s was left open", p.name)
			}
		}
	})
	return r
}

func (r *phoneRig) open(tab string) *socket {
	r.t.Helper()
	k := &socket{who: identity{role: roleAgent}, direct: make(chan []byte, directQueue), closing: make(chan struct{})}
	k.who.user.ID = "akiko"
	s, _, _, err := r.hub.join(wire.Me{ID: "akiko", Role: "agent"}, wire.Hello{TabID: tab}, k, time.Now())
	if err != nil {
		r.t.Fatal(err)
	}
	k.stream = s
	r.phones.join(k)
	return k
}

func (r *phoneRig) leave(k *socket) {
	r.hub.leave(k.stream, k, time.Now())
	r.phones.leave(k)
}

func (r *phoneRig) start(k *socket) wire.Description {
	r.t.Helper()
	if err := r.phones.start(r.t.Context(), k, wire.PhoneStart{}); err != nil {
		r.t.Fatal(err)
	}
	return r.offer(k)
}

// offer reads the last rtc_offer that a tab was sent.
func (r *phoneRig) offer(k *socket) (d wire.Description) {
	r.t.Helper()
	for {
		select {
		case raw := <-k.direct:
			var m struct {
				Type string
				Data wire.Description
			}
			if err := json.Unmarshal(raw, &m); err != nil {
				r.t.Fatal(err)
			}
			if m.Type == "rtc_offer" {
				d = m.Data
			}
		default:
			return d
		}
	}
}

func (r *phoneRig) state(i int, s PeerState) {
	r.peers.peer(i).cfg.OnState(s)
	synctest.Wait()
}

func (r *phoneRig) want(k *socket, p wire.Phone) {
	r.t.Helper()
	r.hub.mu.Lock()
	defer r.hub.mu.Unlock()
	if k.stream.phone != p {
		r.t.Errorf("tab %s is told %+v, want %+v", k.stream.tabID, k.stream.phone, p)
	}
}

func (r *phoneRig) told(want ...string) {
	r.t.Helper()
	r.center.mu.Lock()
	defer r.center.mu.Unlock()
	if !slices.Equal(r.center.told, want) {
		r.t.Errorf("the centre was told %q, want %q", r.center.told, want)
	}
	r.center.told = nil
}

func TestPhoneConnects(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newPhoneRig(t)
		k := r.open("a")
		r.want(k, wire.Phone{Owner: true, State: "none"})
		offer := r.start(k)
		if offer.Gen != 1 || offer.SDP != "offer of peer1" {
			t.Errorf("offered %+v", offer)
		}
		r.want(k, wire.Phone{Owner: true, State: "connecting"})
		if err := r.phones.answer(k, wire.Description{SDP: "v=0", Gen: 1}); err != nil {
			t.Error(err)
		}
		if err := r.phones.candidate(k, wire.Candidate{Candidate: "c", Gen: 1}); err != nil {
			t.Error(err)
		}
		if err := r.phones.candidate(k, wire.Candidate{Candidate: "of an older one", Gen: 0}); err != nil {
			t.Error(err)
		}
		if got := r.peers.peer(0).calls; !slices.Equal(got, []string{"answer v=0", "candidate c"}) {
			t.Errorf("the peer was given %q", got)
		}
		r.peers.peer(0).cfg.OnCandidate(wire.Candidate{Candidate: "ours"})
		synctest.Wait()
		if raw := string(<-k.direct); raw != `{"type":"rtc_candidate","data":{"candidate":"ours","sdp_mid":null,"sdp_m_line_index":null,"gen":1}}` {
			t.Error(raw)
		}
		r.state(0, PeerConnected)
		r.want(k, wire.Phone{Owner: true, State: "connected"})
		r.told("connected akiko 1", "attach akiko peer1")
	})
}

func TestPhoneSurvivesABlinkOfTheWebSocket(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newPhoneRig(t)
		k := r.open("a")
		r.start(k)
		r.state(0, PeerConnected)
		r.leave(k)
		time.Sleep(ownerGrace - time.Second)
		k = r.open("a")
		time.Sleep(time.Minute)
		r.want(k, wire.Phone{Owner: true, State: "connected"})
		r.told("connected akiko 1", "attach akiko peer1", "connected akiko 0", "connected akiko 1")

		r.leave(k)
		time.Sleep(ownerGrace + time.Second)
		synctest.Wait()
		r.told("connected akiko 0", "detach akiko peer1")
		if !r.peers.peer(0).isClosed() {
			t.Error("the phone of a tab that is gone goes on")
		}
		r.want(r.open("a"), wire.Phone{Owner: true, State: "failed"})
	})
}

// A reload: the page's new connection takes the call over from the old one, which is closed only then.
func TestPhoneReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newPhoneRig(t)
		k := r.open("a")
		r.start(k)
		r.state(0, PeerConnected)
		r.leave(k)
		k = r.open("a")
		if offer := r.start(k); offer.Gen != 2 {
			t.Errorf("offered %+v", offer)
		}
		if r.peers.peer(0).isClosed() {
			t.Error("the old connection was closed before the new one stood")
		}
		r.state(1, PeerConnected)
		if !r.peers.peer(0).isClosed() {
			t.Error("the old connection was kept")
		}
		if r.center.phoneNow() != Peer(r.peers.peer(1)) {
			t.Error("the centre has the old phone")
		}
		r.peers.peer(0).cfg.OnState(PeerClosed) // late words of the old one change nothing
		synctest.Wait()
		r.want(k, wire.Phone{Owner: true, State: "connected"})
		r.told("connected akiko 1", "attach akiko peer1", "connected akiko 0", "connected akiko 1", "attach akiko peer2", "detach akiko peer1")
	})
}

func TestPhoneDisconnectedComesBackOrNot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newPhoneRig(t)
		k := r.open("a")
		r.start(k)
		r.state(0, PeerConnected)
		r.told("connected akiko 1", "attach akiko peer1")

		r.state(0, PeerDisconnected)
		time.Sleep(disconnectGrace / 2)
		r.state(0, PeerConnected)
		time.Sleep(disconnectGrace)
		r.told()

		r.state(0, PeerDisconnected)
		time.Sleep(disconnectGrace + time.Millisecond)
		synctest.Wait()
		r.told("detach akiko peer1")
		r.want(k, wire.Phone{Owner: true, State: "connecting"})
		r.state(0, PeerConnected)
		r.told("attach akiko peer1")

		// Failed: first a new path for the same connection, then the browser is told to start anew.
		r.state(0, PeerFailed)
		if offer := r.offer(k); offer.Gen != 1 || offer.SDP != "restart of peer1" {
			t.Errorf("offered %+v", offer)
		}
		r.state(0, PeerConnected)
		r.told("detach akiko peer1", "attach akiko peer1")
		r.state(0, PeerFailed)
		time.Sleep(restartTimeout + time.Second)
		synctest.Wait()
		r.told("detach akiko peer1")
		r.want(k, wire.Phone{Owner: true, State: "failed"})
		if err := r.phones.start(t.Context(), k, wire.PhoneStart{Restart: true}); err != nil {
			t.Fatal(err)
		}
		if offer := r.offer(k); offer.Gen != 2 {
			t.Errorf("offered %+v", offer)
		}
		time.Sleep(connectTimeout + time.Second)
		synctest.Wait()
		r.want(k, wire.Phone{Owner: true, State: "failed"})
	})
}

func TestPhoneOfTwoTabs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newPhoneRig(t)
		a := r.open("a")
		r.start(a)
		r.state(0, PeerConnected)
		b := r.open("b")
		r.want(a, wire.Phone{Owner: true, State: "connected"})
		r.want(b, wire.Phone{Taken: true, State: "connected"})
		if err := r.phones.start(t.Context(), b, wire.PhoneStart{}); err != errNotOwner {
			t.Errorf("a tab without the phone started it: %v", err)
		}
		if err := r.phones.useHere(b); err != nil {
			t.Fatal(err)
		}
		r.want(a, wire.Phone{Taken: true, State: "connected"})
		r.want(b, wire.Phone{Owner: true, State: "connected"})
		if err := r.phones.answer(a, wire.Description{SDP: "late", Gen: 1}); err != nil || len(r.peers.peer(0).calls) != 0 {
			t.Error("the former owner still signals")
		}
		r.start(b)
		r.state(1, PeerConnected)
		if r.center.phoneNow() != Peer(r.peers.peer(1)) || !r.peers.peer(0).isClosed() {
			t.Error("the phone did not move")
		}
		r.leave(b)
		r.want(a, wire.Phone{Taken: true, State: "connected"})
		time.Sleep(ownerGrace + time.Second)
		synctest.Wait()
		r.want(a, wire.Phone{Owner: true, State: "failed"})
		r.leave(a)
		c := r.open("c") // a new tab need not wait for one that is away
		r.want(c, wire.Phone{Owner: true, State: "failed"})
	})
}

func TestPhoneBadAnswerAndTooManyStarts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newPhoneRig(t)
		k := r.open("a")
		r.start(k)
		if err := r.phones.answer(k, wire.Description{SDP: "bad", Gen: 1}); err != errBadSignal {
			t.Error(err)
		}
		r.want(k, wire.Phone{Owner: true, State: "failed"})
		var err error
		for range 20 {
			if err = r.phones.start(t.Context(), k, wire.PhoneStart{}); err != nil {
				break
			}
		}
		if err != errPhoneBusy {
			t.Errorf("twenty starts at once: %v", err)
		}
	})
}
