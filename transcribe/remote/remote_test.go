package remote_test

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/gorilla/websocket"

	"patchbay/media"
	"patchbay/transcribe"
	"patchbay/transcribe/remote"
	"patchbay/transcribe/worker"
)

// certificate writes a server's certificate where a worker finds it.
func certificate(t *testing.T, s *httptest.Server) string {
	path := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// process starts a worker as a process of its own.
func process(t *testing.T, url, ca, name string) *exec.Cmd {
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), asWorker+"="+url, "TOKEN="+token, "CA="+ca, "NAME="+name)
	var log bytes.Buffer
	cmd.Stderr = &log
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		if t.Failed() {
			t.Logf("%s: %s", name, log.String())
		}
	})
	return cmd
}

// Two workers are processes that connect by TLS. One is killed in mid-call; then the network of the other freezes while the
// first is back. Every word arrives, once and in its place.
func TestCallsSurviveWorkersAndNetworks(t *testing.T) {
	h := openHouse(t, "base")
	server := httptest.NewTLSServer(h.handler)
	defer server.Close()
	ca := certificate(t, server)
	net := openRelay(t, server.Listener.Addr().String())
	one := process(t, server.URL, ca, "one")
	h.comes(t, "one")

	samples, want := speech(24)
	e := &ear{}
	st := h.service.Open(transcribe.StreamConfig{ID: "i1/customer", Listener: e})
	frames := len(samples) / media.FrameSamples
	begin := time.Now()
	for i := range frames {
		time.Sleep(time.Until(begin.Add(time.Duration(i) * media.FrameDuration)))
		st.Write(int64(i), (*media.Frame)(samples[i*media.FrameSamples:]))
		switch i {
		case frames / 8:
			process(t, "https://"+net.listener.Addr().String(), ca, "two")
		case frames / 4:
			if h.streams("one") != 1 || h.streams("two") != 0 {
				t.Errorf("workers %+v", h.service.Workers())
			}
			_ = one.Process.Kill()
		case frames / 2:
			if h.streams("one") != -1 || h.streams("two") != 1 {
				t.Errorf("after the kill: workers %+v", h.service.Workers())
			}
			process(t, server.URL, ca, "three")
		case frames * 5 / 8:
			net.frozen.Store(true)
		}
	}
	<-st.Finish()
	if got := e.heard(); got != want {
		t.Errorf("\ngot  %s\nwant %s", got, want)
	}
	if m := h.service.Metrics(); m.DroppedSeconds != 0 {
		t.Errorf("metrics %+v", m)
	}
}

// run is a worker in this process, up to its own end.
func run(t *testing.T, cfg remote.Config) error {
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	cfg.Log = slog.New(slog.DiscardHandler)
	cfg.Options = options("w")
	err := remote.Run(ctx, cfg)
	if err == nil {
		t.Fatal("it tried for 20 s")
	}
	return err
}

// What no further try would mend ends a worker, in words that say what to do.
func TestRefusalsSayWhatToDo(t *testing.T) {
	h := openHouse(t, "base")
	server := httptest.NewTLSServer(h.handler)
	defer server.Close()
	ca := certificate(t, server)
	other := openHouse(t, "umi")
	others := httptest.NewTLSServer(other.handler)
	defer others.Close()
	old := openHouse(t, "base")
	old.version = "2"
	olds := httptest.NewTLSServer(old.handler)
	defer olds.Close()
	elsewhere := httptest.NewTLSServer(http.RedirectHandler("https://other.example", http.StatusFound))
	defer elsewhere.Close()
	none := httptest.NewTLSServer(http.NotFoundHandler())
	defer none.Close()
	_, port, _ := net.SplitHostPort(server.Listener.Addr().String())
	noPEM := filepath.Join(t.TempDir(), "no.pem")
	if err := os.WriteFile(noPEM, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct {
		cfg  remote.Config
		kind error
		want string
	}{
		"wrong token":          {remote.Config{URL: server.URL, CA: ca, Token: token + "x"}, remote.ErrRefused, "the token is not the server's"},
		"no token":             {remote.Config{URL: server.URL, CA: ca}, remote.ErrRefused, "the token is not the server's"},
		"another version":      {remote.Config{URL: olds.URL, CA: ca, Token: token}, remote.ErrRefused, "run the same patchbay"},
		"no model":             {remote.Config{URL: others.URL, CA: ca, Token: token}, worker.ErrUnable, `the model "umi" is not on this machine`},
		"unknown certificate":  {remote.Config{URL: server.URL, Token: token}, remote.ErrRefused, "--ca FILE"},
		"another name":         {remote.Config{URL: "https://localhost:" + port, CA: ca, Token: token}, remote.ErrRefused, "does not fit"},
		"in clear":             {remote.Config{URL: "http://192.0.2.1:8080", Token: token}, remote.ErrRefused, "use https"},
		"no address":           {remote.Config{URL: "desk.example.com", Token: token}, remote.ErrRefused, "write it as https://"},
		"a token in it":        {remote.Config{URL: "https://x:" + token + "@192.0.2.1", Token: token}, remote.ErrRefused, "--token-file"},
		"elsewhere":            {remote.Config{URL: elsewhere.URL, CA: ca, Token: token}, remote.ErrRefused, "other.example"},
		"no patchbay":          {remote.Config{URL: none.URL, CA: ca, Token: token}, remote.ErrRefused, "is no patchbay server"},
		"no certificates file": {remote.Config{URL: server.URL, CA: noPEM, Token: token}, remote.ErrRefused, "holds no certificate"},
	} {
		err := run(t, c.cfg)
		if !errors.Is(err, c.kind) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
		if strings.Contains(err.Error(), token) {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
}

// A worker whose server is busy, or whose network breaks, tries again.
func TestAWorkerComesBack(t *testing.T) {
	h := openHouse(t, "base")
	var mu sync.Mutex
	answers := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		answers++
		n := answers
		mu.Unlock()
		if n <= 2 {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		h.handler.ServeHTTP(w, r)
	}))
	defer server.Close()
	network := openRelay(t, server.Listener.Addr().String())
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	loads := 0
	o := options("w")
	load := o.Load
	o.Load = func(model, weights string) (transcribe.Engine, error) { loads++; return load(model, weights) }
	go func() {
		done <- remote.Run(ctx, remote.Config{URL: "http://" + network.listener.Addr().String(), Token: token, Log: slog.New(slog.DiscardHandler), Options: o})
	}()
	first := h.comes(t, "w")
	network.cut()
	if again := h.comes(t, "w"); !again.Connected.After(first.Connected) {
		t.Errorf("it came at %v, and again at %v", first.Connected, again.Connected)
	}
	cancel()
	if err := <-done; err != nil {
		t.Errorf("it ended with %v", err)
	}
	h.goes(t, "w")
	if w := h.service.Workers(); len(w) != 0 {
		t.Errorf("it has ended, and is listed: %+v", w)
	}
	if answers < 4 || loads != 2 {
		t.Errorf("%d tries, %d loads", answers, loads)
	}
}

// A worker gives up a connection over which nothing comes, not even a ping.
func TestASilentServerIsLeft(t *testing.T) {
	h := openHouse(t, "base")
	server := httptest.NewServer(h.handler)
	defer server.Close()
	network := openRelay(t, server.Listener.Addr().String())
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	done := make(chan error, 1)
	go func() {
		done <- remote.Run(ctx, remote.Config{URL: "http://" + network.listener.Addr().String(), Token: token, Log: slog.New(slog.DiscardHandler), Options: options("w")})
	}()
	h.comes(t, "w")
	network.frozen.Store(true)
	if err := h.goes(t, "w"); !strings.Contains(err.Error(), "silent") {
		t.Errorf("it is put out because of %v", err)
	}
	network.frozen.Store(false) // for new connections
	h.comes(t, "w")
	cancel()
	<-done
}

// What a stranger sends after the handshake is an error, and no more.
func TestOtherMessagesEndTheConnection(t *testing.T) {
	h := openHouse(t, "base")
	server := httptest.NewServer(h.handler)
	defer server.Close()
	dial := func() *websocket.Conn {
		t.Helper()
		header := http.Header{"Authorization": {"Bearer " + token}, remote.VersionHeader: {strconv.Itoa(transcribe.ProtocolVersion)}}
		ws, _, err := websocket.DefaultDialer.Dial("ws"+strings.TrimPrefix(server.URL, "http")+remote.Path, header)
		if err != nil {
			t.Fatal(err)
		}
		return ws
	}
	for name, send := range map[string]func(ws *websocket.Conn) error{
		"text":     func(ws *websocket.Conn) error { return ws.WriteMessage(websocket.TextMessage, []byte("hello")) },
		"too much": func(ws *websocket.Conn) error { return ws.WriteMessage(websocket.BinaryMessage, make([]byte, 2<<20)) },
		"malformed": func(ws *websocket.Conn) error {
			return ws.WriteMessage(websocket.BinaryMessage, []byte{1, 0, 0, 0, 99})
		},
	} {
		ws := dial()
		_ = send(ws) // it may be cut off in the middle
		_ = ws.SetReadDeadline(time.Now().Add(10 * time.Second))
		for {
			_, _, err := ws.ReadMessage()
			var timeout net.Error
			if errors.As(err, &timeout) && timeout.Timeout() {
				t.Errorf("%s: still connected after 10 s", name)
			}
			if err != nil {
				break
			}
		}
		ws.Close()
	}
	if n := len(h.service.Workers()); n != 0 {
		t.Errorf("%d workers", n)
	}
}

func TestHasToken(t *testing.T) {
	for header, want := range map[string]bool{
		"Bearer " + token: true, "bearer " + token: true, "Bearer " + token + " ": false, "Basic " + token: false, "Bearer ": false, "": false, token: false,
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Authorization", header)
		if got := remote.HasToken(r, token); got != want {
			t.Errorf("%q: %v", header, got)
		}
		if remote.HasToken(r, "") {
			t.Errorf("%q: no token is set, and it is let in", header)
		}
	}
}
