package webhook

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"patchbay/acd"
	"patchbay/store"
)

// Outbox takes messages to be sent; *store.Journal implements it.
type Outbox interface{ Deliver(store.Delivery) }

// message is the body that receivers get.
type message struct {
	Type      string    `json:"type"` // "alert." and the code; "test"
	Timestamp time.Time `json:"timestamp"`
	Data      alert     `json:"data"`
}

type alert struct {
	Code          string         `json:"code"`
	State         string         `json:"state"` // "began"; of the server's own alerts "ended" too
	InteractionID string         `json:"interaction_id,omitempty"`
	Queue         string         `json:"queue,omitempty"`
	Params        map[string]any `json:"params"`
}

// passed are the params of each alert that go into a message; anything else stays here.
var passed = map[string][]string{
	acd.CodeHand:            {"agent"},
	acd.CodePhrase:          {"speaker"},
	acd.CodeLong:            {"times"},
	acd.CodeSilence:         {"seconds"},
	acd.CodeRecordingFailed: {"reason"},
	CodeDisk:                {"free_bytes", "total_bytes"},
}

// maxSaid bounds what is passed on of what was said, in characters.
const maxSaid = 200

// Watch is a Publisher that puts alerts into the outbox for the hooks that want them, and publishes on.
type Watch struct {
	acd.Publisher
	hooks  atomic.Pointer[[]Hook] // never changed in place
	outbox Outbox
	log    *slog.Logger

	mu sync.Mutex      // held while an alert of the server's own is put into the outbox: "ended" must not come before "began"
	on map[string]bool // those that have begun
}

// NewWatch watches what is published through it to next.
func NewWatch(next acd.Publisher, hooks []Hook, outbox Outbox, log *slog.Logger) *Watch {
	w := &Watch{Publisher: next, outbox: outbox, log: log, on: map[string]bool{}}
	w.Set(hooks)
	return w
}

// Set changes who is told, from the next alert on.
func (w *Watch) Set(hooks []Hook) { w.hooks.Store(&hooks) }

// Test puts a message into the outbox that says nothing but that it is one, and gives its id.
func (w *Watch) Test(receiver string) (string, error) {
	now := time.Now().UTC()
	return w.deliver(receiver, message{CodeTest, now, alert{Code: CodeTest, State: "began", Params: map[string]any{}}})
}

// Alert implements acd.Publisher.
func (w *Watch) Alert(a acd.Alert) {
	w.Publisher.Alert(a)
	params := pick(a.Code, a.Params)
	if a.Code == acd.CodePhrase && a.ShareText {
		for _, key := range []string{"said", "phrase"} {
			if text, ok := a.Params[key].(string); ok {
				params[key] = cut(text)
			}
		}
	}
	w.put(alert{Code: a.Code, State: "began", InteractionID: a.InteractionID, Queue: a.Queue, Params: params})
}

// System implements acd.Publisher.
func (w *Watch) System(s acd.System) {
	w.Publisher.System(s)
	w.Server(CodeOff, s.Transcription == "off", nil) // why may name paths of this machine
	w.Server(CodeBehind, s.TranscriptionBehind, nil)
}

// Server tells of an alert that concerns the server when it begins and when it ends.
func (w *Watch) Server(code string, on bool, params map[string]any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	was := w.on[code]
	w.on[code] = on
	switch {
	case on && !was:
		w.put(alert{Code: code, State: "began", Params: pick(code, params)})
	case !on && was:
		w.put(alert{Code: code, State: "ended", Params: map[string]any{}})
	}
}

func (w *Watch) put(a alert) {
	now := time.Now().UTC()
	hooks := *w.hooks.Load()
	for i := range hooks {
		h := &hooks[i]
		if !h.Wants(a.Code) {
			continue
		}
		if _, err := w.deliver(h.Receiver(), message{"alert." + a.Code, now, a}); err != nil {
			w.log.Error("alert has no JSON", "code", a.Code, "error", err)
			return
		}
	}
}

func (w *Watch) deliver(receiver string, m message) (id string, err error) {
	body, err := json.Marshal(m)
	if err != nil {
		return "", fmt.Errorf("webhook: %w", err)
	}
	id = "msg_" + uuid.Must(uuid.NewV7()).String()
	w.outbox.Deliver(store.Delivery{ID: id, Receiver: receiver, InteractionID: m.Data.InteractionID, What: m.Data.Code, At: m.Timestamp, Body: string(body)})
	return id, nil
}

func pick(code string, params map[string]any) map[string]any {
	out := map[string]any{}
	for _, key := range passed[code] {
		if v, ok := params[key]; ok {
			out[key] = v
		}
	}
	return out
}

func cut(text string) string {
	if r := []rune(text); len(r) > maxSaid {
		return string(r[:maxSaid])
	}
	return text
}
