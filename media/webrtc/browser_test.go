package webrtc

import (
	"context"
	_ "embed"
	"encoding/json"
	"io"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/codec"
	"patchbay/media/mediatest"
	"patchbay/media/wav"
)

// browserPatience bounds a browser's start and its call on a busy machine.
const browserPatience = 90 * time.Second

//go:embed testdata/browser.html
var browserPage []byte

// TestChromium calls a real browser, whose microphone hums, and asks what its speaker plays.
func TestChromium(t *testing.T) {
	for _, c := range []codec.Codec{codec.Opus, codec.G722, codec.PCMU} {
		t.Run(c.Name(), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), browserPatience)
			defer cancel()
			a := newAPI(t, Config{UDPAddr: "127.0.0.1:0", Lite: true, Codecs: []codec.Codec{c}})
			server := newEnd(t, a, PeerConfig{})
			heard := make(chan float64, 1)
			page := httptest.NewServer(signalling(t, server.Peer, heard))
			defer page.Close()
			startChromium(t, page.URL)

			server.await(t, Connected)
			bridge, rec := media.NewBridge(media.BridgeConfig{Silence: true}), &mediatest.Recorder{}
			near, err := bridge.Attach(mediatest.Leg{Source: mediatest.NewTone(serverHz, -20), Sink: rec})
			if err != nil {
				t.Fatal(err)
			}
			far, err := bridge.Attach(server)
			if err != nil {
				t.Fatal(err)
			}
			bridge.SetMatrix(media.Matrix{}.With(far, near, true).With(near, far, true))
			runCtx, stop := context.WithCancel(ctx)
			ended := make(chan error, 1)
			go func() { ended <- bridge.Run(runCtx) }()

			select {
			case hz := <-heard:
				if math.Abs(hz-serverHz) > 10 {
					t.Errorf("the browser plays %.0f Hz, not %d", hz, serverHz)
				}
			case <-ctx.Done():
				t.Error("the browser hears nothing")
			}
			stop()
			if err := <-ended; err != nil {
				t.Error(err)
			}
			checkTone(t, "server", rec.Samples(), clientHz, serverHz)
		})
	}
}

// signalling serves the page, our offer, and takes the page's answer and the frequency that it hears.
func signalling(t *testing.T, p *Peer, heard chan<- float64) http.Handler {
	mux := http.NewServeMux()
	fail := func(w http.ResponseWriter, err error) {
		t.Error(err)
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write(browserPage) })
	mux.HandleFunc("GET /offer", func(w http.ResponseWriter, r *http.Request) {
		offer, err := p.Offer(r.Context())
		if err != nil {
			fail(w, err)
			return
		}
		_, _ = io.WriteString(w, offer)
	})
	mux.HandleFunc("POST /answer", func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err == nil {
			err = p.Answer(string(body))
		}
		if err != nil {
			fail(w, err)
		}
	})
	mux.HandleFunc("POST /heard", func(_ http.ResponseWriter, r *http.Request) {
		var hz float64
		if err := json.NewDecoder(r.Body).Decode(&hz); err != nil {
			t.Error(err)
		}
		select {
		case heard <- hz:
		default:
		}
	})
	mux.HandleFunc("POST /error", func(_ http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		t.Errorf("the page says: %s", body)
	})
	return mux
}

// startChromium opens the page with a microphone that hums; the test's end stops it with its children.
func startChromium(t *testing.T, url string) {
	t.Helper()
	dir := t.TempDir()
	mic := filepath.Join(dir, "mic.wav")
	hum := make([]int16, 48000)
	for i := range hum {
		hum[i] = int16(math.Round(3277 * math.Sin(2*math.Pi*clientHz*float64(i)/48000))) // −20 dBFS
	}
	f, err := os.Create(mic)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if err := wav.Write(f, hum, 48000); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync",
		"--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", "--use-file-for-fake-audio-capture="+mic,
		"--autoplay-policy=no-user-gesture-required", "--user-data-dir="+filepath.Join(dir, "profile"), url)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
		_ = cmd.Wait()
	})
}
