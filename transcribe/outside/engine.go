package outside

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"

	"patchbay/transcribe"
)

const (
	path           = "/v1/audio/transcriptions"
	defaultTimeout = 4 * time.Second
	// restAfter is how long the other recogniser is left alone after a failure.
	restAfter = 30 * time.Second
)

// ErrURL says that a URL cannot be used.
var ErrURL = errors.New("outside: the recogniser's URL is https://HOST[:PORT][/PATH], or http:// to this machine itself")

// Config says which recogniser hears the lines.
type Config struct {
	URL     string // its address; /v1/audio/transcriptions is added where it does not end so
	Key     string // sent as Authorization: Bearer; "" = none
	Model   string // as the other end calls it; "" = "whisper-1"
	Timeout time.Duration
	Local   transcribe.Engine // does all else; Close closes it too
	Log     *slog.Logger      // nil = silent
}

// Engine implements transcribe.Engine.
type Engine struct {
	cfg    Config
	url    string
	client *http.Client
	now    func() time.Time

	mu    sync.Mutex
	until time.Time // it is left alone
}

var _ transcribe.Engine = (*Engine)(nil)

// Endpoint checks a URL and gives the one that is posted to, and whose host the sound goes to.
func Endpoint(address string) (endpoint, host string, err error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return "", "", ErrURL
	}
	ip := net.ParseIP(u.Hostname())
	loopback := u.Hostname() == "localhost" || ip != nil && ip.IsLoopback()
	if u.Scheme != "https" && (u.Scheme != "http" || !loopback) {
		return "", "", ErrURL
	}
	if !strings.HasSuffix(u.Path, path) {
		u.Path = strings.TrimSuffix(strings.TrimSuffix(u.Path, "/"), "/v1") + path
	}
	return u.String(), u.Host, nil
}

// New makes an Engine in front of a local one.
func New(c Config) (*Engine, error) {
	endpoint, _, err := Endpoint(c.URL)
	if err != nil {
		return nil, err
	}
	if c.Local == nil {
		return nil, errors.New("outside: no local engine given")
	}
	if c.Model == "" {
		c.Model = "whisper-1"
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Engine{cfg: c, url: endpoint, now: time.Now, client: &http.Client{
		Timeout: c.Timeout,
		// Sound goes where the operator said, and nowhere else.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// NewAudio starts the growing sound of one stream.
func (e *Engine) NewAudio() transcribe.Audio { return &audio{Audio: e.cfg.Local.NewAudio()} }

// Decode has the other recogniser hear final passes whose language is known, and the local one all else.
func (e *Engine) Decode(ctx context.Context, p transcribe.Pass) (transcribe.Hypothesis, error) {
	a, ok := p.Audio.(*audio)
	if !ok {
		return transcribe.Hypothesis{}, fmt.Errorf("outside: the sound is a %T of another engine", p.Audio)
	}
	p.Audio = a.Audio
	if p.Final && p.Language != "" && !e.resting() {
		if sound := a.between(p.From, p.To); len(sound) > 0 {
			h, err := e.ask(ctx, p, sound)
			if err == nil || ctx.Err() != nil {
				return h, err
			}
			e.rest(err)
		}
	}
	return e.cfg.Local.Decode(ctx, p)
}

func (e *Engine) resting() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.now().Before(e.until)
}

// rest leaves the other recogniser alone for a while.
func (e *Engine) rest(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.until = e.now().Add(restAfter)
	e.cfg.Log.Warn("the recogniser outside does not answer; the local one writes the lines", "seconds", restAfter.Seconds(), "error", err)
}

// Close frees the local engine, after every Decode has returned.
func (e *Engine) Close() error {
	e.client.CloseIdleConnections()
	return e.cfg.Local.Close()
}

// maxKept bounds what one stream keeps when nobody discards: five minutes, as the local engine does.
const maxKept = 5 * 60 * 16000

// audio is a stream's sound in the local engine, and beside it as it came.
type audio struct {
	transcribe.Audio

	mu    sync.Mutex
	sound []int16
	first int64 // sample of sound[0]
}

// Append implements transcribe.Audio.
func (a *audio) Append(samples []int16) []float32 {
	a.mu.Lock()
	a.sound = append(a.sound, samples...)
	over := int64(len(a.sound)) - maxKept
	a.mu.Unlock()
	if over > 0 {
		a.drop(a.first + over)
	}
	return a.Audio.Append(samples)
}

// Discard implements transcribe.Audio.
func (a *audio) Discard(pos int64) {
	a.drop(pos)
	a.Audio.Discard(pos)
}

func (a *audio) drop(pos int64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if n := min(pos-a.first, int64(len(a.sound))); n > 0 {
		a.sound = append(a.sound[:0], a.sound[n:]...)
		a.first += n
	}
}

// between copies samples [from, to); nothing where they are not kept any more.
func (a *audio) between(from, to int64) []int16 {
	a.mu.Lock()
	defer a.mu.Unlock()
	to = min(to, a.first+int64(len(a.sound)))
	if from < a.first || from >= to {
		return nil
	}
	return append([]int16(nil), a.sound[from-a.first:to-a.first]...)
}
