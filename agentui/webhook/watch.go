package webhook

import (
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/google/uuid"

	"patchbay/acd"
	"patchbay/store"
)

// Outbox takes messages to be sent; *store.Journal implements it.
type Outbox interface{ Deliver(store.Delivery) }

// message is the body that receivers get.
type message struct {
	Type      string    `json:"type"` // "alert." and the code
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
	hooks  []Hook
	outbox Outbox
	log    *slog.Logger

	mu sync.Mutex      // held while an alert of the server's own is put into the outbox: "ended" must not come before "began"
	on map[string]bool // those that have begun
}

// NewWatch watches what is published through it to next.
func NewWatch(next acd.Publisher, hooks []Hook, outbox Outbox, log *slog.Logger) *Watch {
	return &Watch{Publisher: next, hooks: hooks, outbox: outbox, log: log, on: map[string]bool{}}
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
	for i := range w.hooks {
		h := &w.hooks[i]
		if !h.Wants(a.Code) {
			continue
		}
		body, err := json.Marshal(message{"alert." + a.Code, now, a})
		if err != nil {
			w.log.Error("alert has no JSON", "code", a.Code, "error", err)
			return
		}
		w.outbox.Deliver(store.Delivery{ID: "msg_" + uuid.Must(uuid.NewV7()).String(), Receiver: h.Receiver(),
			InteractionID: a.InteractionID, What: a.Code, At: now, Body: string(body)})
	}
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
