package agentui

import (
	"context"
	"net/http"
	"net/netip"
	"time"

	"patchbay/store"
)

// Transcribers are the recognisers, on this machine and on others; cmd/patchbay implements it over transcribe/remote.
type Transcribers interface {
	// HasToken says whether a request shows the token of recognisers, in a time that tells nothing about it.
	HasToken(r *http.Request) bool
	// SameVersion says whether a request's recogniser speaks our version of the protocol; a refusal names both.
	SameVersion(r *http.Request) (theirs, ours string, same bool)
	// Serve makes the request a connection and gives it calls until it ends. What fails before is answered through refuse.
	Serve(w http.ResponseWriter, r *http.Request, refuse func(w http.ResponseWriter, status int, reason string))
	List() []Transcriber
}

// Transcriber is one recogniser that is connected.
type Transcriber struct {
	Name        string    `json:"name"`
	Address     string    `json:"address"` // "" on the server's own machine
	Model       string    `json:"model"`
	Version     string    `json:"version"`   // of its program
	Cores       int       `json:"cores"`     // passes at a time
	Streams     int       `json:"streams"`   // legs of calls that it writes down
	Waiting     int       `json:"waiting"`   // lines that wait for a pass
	BehindMS    int64     `json:"behind_ms"` // how late the line is that is waited for longest
	State       string    `json:"state"`     // "ready", "behind" (lines come more than 3 s late) or "silent" (others have its calls)
	ConnectedAt time.Time `json:"connected_at"`
}

type transcriberList struct {
	Items []Transcriber `json:"items"`
}

func getTranscribers(r *request) (any, error) {
	list := transcriberList{Items: []Transcriber{}}
	if t := r.srv.cfg.Transcribers; t != nil {
		list.Items = append(list.Items, t.List()...)
	}
	return list, nil
}

// workerGuesses bounds wrong tokens from one network: each is audited.
var workerGuesses = allowance{burst: 10, every: 10 * time.Second}

// getTranscriberSocket lets a recogniser on another machine in.
func getTranscriberSocket(r *request) (any, error) {
	s := r.srv
	t := s.cfg.Transcribers
	if t == nil {
		return nil, &problem{Status: http.StatusForbidden, Code: "not_taken", Detail: "This server takes no recognisers from other machines."}
	}
	from := remoteAddr(r.Request)
	if !s.secure(r.Request) && !from.IsLoopback() {
		return nil, &problem{Status: http.StatusForbidden, Code: "not_secure",
			Detail: "A recogniser on another machine would carry its token and every word in clear: connect by https. The server needs --tls-cert and --tls-key, or a proxy with https that --public-url names."}
	}
	if wait, ok := s.workers.allow(from); !ok {
		return nil, &problem{Status: http.StatusTooManyRequests, Code: "too_many_attempts", RetryAfter: wait, Detail: "Too many wrong tokens came from this address. Wait a little."}
	}
	if !t.HasToken(r.Request) {
		s.workers.failed(from)
		s.auditTranscriber(r, from, "wrong token")
		return nil, &problem{Status: http.StatusUnauthorized, Code: "wrong_token",
			Detail: "The token is not the server's. It stands in transcriber.token in the server's data directory, or in its setting transcriber_token; give it by --token-file or PATCHBAY_TRANSCRIBER_TOKEN."}
	}
	if theirs, ours, same := t.SameVersion(r.Request); !same {
		s.auditTranscriber(r, from, "another version")
		return nil, &problem{Status: http.StatusUpgradeRequired, Code: "other_version",
			Detail: "This recogniser speaks version " + clean(theirs) + " of the protocol, the server " + ours + ": run the same patchbay on both machines."}
	}
	t.Serve(r.w, r.Request, func(w http.ResponseWriter, status int, reason string) {
		writeProblem(w, problem{Status: status, Code: "bad_handshake", Detail: reason})
	})
	return nil, errAnswered
}

// clean is a stranger's word for a version, for a sentence.
func clean(s string) string {
	if len(s) == 0 || len(s) > 10 {
		return "“unknown”"
	}
	for _, c := range s {
		if c < '0' || c > '9' {
			return "“unknown”"
		}
	}
	return s
}

func (s *Server) auditTranscriber(r *request, from netip.Addr, why string) {
	entry := store.AuditEntry{At: s.now(), Actor: "transcriber", Action: "transcriber_refused", Object: from.String(), Address: from.String(), Data: map[string]any{"reason": why}}
	ctx, cancel := context.WithTimeout(r.Context(), sessionLookup)
	defer cancel()
	if err := s.cfg.Store.AppendAudit(ctx, entry); err != nil {
		s.log.Warn("audit entry not stored", "action", entry.Action, "address", entry.Address, "error", err)
	}
	s.log.Warn("a recogniser is refused", "address", from, "reason", why)
}

// tokenLimit slows who tries tokens of recognisers.
type tokenLimit struct{ buckets *loginLimit }

func newTokenLimit(now func() time.Time) *tokenLimit { return &tokenLimit{newLoginLimit(now)} }

func (l *tokenLimit) allow(from netip.Addr) (wait time.Duration, ok bool) {
	l.buckets.mu.Lock()
	defer l.buckets.mu.Unlock()
	if b := l.buckets.bucket(network(from), workerGuesses); b.tokens < 1 {
		return time.Duration((1 - b.tokens) * float64(b.every)), false
	}
	return 0, true
}

func (l *tokenLimit) failed(from netip.Addr) {
	l.buckets.mu.Lock()
	defer l.buckets.mu.Unlock()
	b := l.buckets.bucket(network(from), workerGuesses)
	b.tokens = max(0, b.tokens-1)
}
