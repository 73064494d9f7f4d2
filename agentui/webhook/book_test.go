package webhook

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"patchbay/store"
)

// shelf is a BookStore in memory, and a Safe that turns bytes round.
type shelf struct {
	rows   []store.Webhook
	keys   map[string]bool
	broken bool
}

var errBroken = errors.New("broken")

func (s *shelf) Webhooks(context.Context) ([]store.Webhook, error) { return s.rows, nil }
func (s *shelf) AddWebhook(_ context.Context, v store.Webhook) error {
	if v.Alerts == nil { // the database's column takes no null
		return errBroken
	}
	if s.broken {
		return errBroken
	}
	s.rows = append(s.rows, v)
	return nil
}
func (s *shelf) ChangeWebhook(_ context.Context, id string, alerts []string, active bool) error {
	for i := range s.rows {
		if s.rows[i].ID == id {
			s.rows[i].Alerts, s.rows[i].Active = alerts, active
			return nil
		}
	}
	return store.ErrNotFound
}
func (s *shelf) DeleteWebhook(_ context.Context, id string) error {
	for i := range s.rows {
		if s.rows[i].ID == id {
			s.rows = append(s.rows[:i:i], s.rows[i+1:]...)
			return nil
		}
	}
	return store.ErrNotFound
}

func turned(b []byte) []byte {
	out := make([]byte, len(b))
	for i, c := range b {
		out[i] = ^c
	}
	return out
}

func (s *shelf) SealHook(id string, plain []byte) (string, []byte, error) {
	s.keys[id] = true
	return "key", turned(plain), nil
}
func (s *shelf) OpenHook(id, _ string, sealed []byte) ([]byte, error) {
	if !s.keys[id] {
		return nil, errBroken
	}
	return turned(sealed), nil
}
func (s *shelf) ForgetHook(id string) error { delete(s.keys, id); return nil }

// TestBook: what administrators add counts at once and after a restart, with its secret; what they must not is refused in words.
func TestBook(t *testing.T) {
	sh := &shelf{keys: map[string]bool{}}
	fixed := hookAt(t, "https://fixed.example.com/")
	sender, err := NewSender(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer sender.Close()
	k := &kept{}
	watch := NewWatch(published{}, nil, k, nil)
	cfg := BookConfig{Fixed: []Hook{fixed}, Store: sh, Safe: sh, Log: slog.New(slog.DiscardHandler), Changed: func(all []Hook) error {
		watch.Set(all)
		return sender.Set(all)
	}}
	b, err := OpenBook(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	h, made, err := b.Add(t.Context(), "https://ops.example.com/a?key=letmein", []string{CodeDisk}, "", "admin")
	if err != nil || !strings.HasPrefix(made, "whsec_") || h.Shown() != "https://ops.example.com/a" {
		t.Fatal(h, made, err)
	}
	if row := sh.rows[0]; strings.Contains(fmt.Sprintf("%s %s %s", row.Sealed, row.Shown, row.ID), "letmein") || row.CreatedBy != "admin" {
		t.Errorf("kept as %+v", row)
	}
	if _, made, err := b.Add(t.Context(), "https://other.example.com/", nil, testSecret, "admin"); err != nil || made != "" {
		t.Error("a secret that was given is given back:", made, err)
	}
	for address, says := range map[string]string{
		"http://ops.example.com/": "https address", "https://127.0.0.1/": "another machine", "https://localhost/": "another machine", "https://[::1]/x": "another machine",
		"https://me:pw@ops.example.com/": "without a user", "https://" + strings.Repeat("x", maxURL): "https address", "": "https address",
	} {
		_, _, err := b.Add(t.Context(), address, nil, "", "admin")
		if words, ok := Words(err); !ok || !strings.Contains(words, says) {
			t.Errorf("%.40s: %v, want words with %q", address, err, says)
		}
	}
	if _, _, err := b.Add(t.Context(), "https://x.example.com/", []string{"nothing"}, "", "admin"); err == nil || !strings.Contains(err.Error(), "raised_hand") {
		t.Error("an alert that does not exist:", err)
	}
	if _, _, err := b.Add(t.Context(), "https://x.example.com/", nil, "short", "admin"); err == nil || !strings.Contains(err.Error(), "openssl rand") {
		t.Error("a short secret:", err)
	}
	for _, address := range []string{"https://fixed.example.com/", "https://ops.example.com/a?key=letmein"} {
		if _, _, err := b.Add(t.Context(), address, nil, "", "admin"); !errors.Is(err, ErrTwice) {
			t.Errorf("%s again: %v", address, err)
		}
	}
	sh.broken = true
	if _, _, err := b.Add(t.Context(), "https://x.example.com/", nil, "", "admin"); !errors.Is(err, errBroken) || len(b.List()) != 3 {
		t.Error("what could not be kept is in the list:", err)
	}

	watch.Server(CodeDisk, true, nil)
	if len(k.list) != 3 { // all three want it
		t.Errorf("%d messages of a full disk, want 3", len(k.list))
	}
	off := false
	if _, err := b.Change(t.Context(), h.Receiver(), nil, &off); err != nil {
		t.Fatal(err)
	}
	watch.Server(CodeDisk, false, nil)
	if len(k.list) != 5 {
		t.Errorf("%d messages after one was turned off, want 5", len(k.list))
	}
	if err := sender.Send(t.Context(), store.Delivery{Receiver: h.Receiver()}); ReasonOf(err.Error()).Code != "removed" {
		t.Error("to one that is turned off:", err)
	}
	if id, err := watch.Test(h.Receiver()); err != nil || !strings.Contains(k.list[5].Body, `"type":"test"`) || k.list[5].ID != id || k.list[5].What != CodeTest {
		t.Errorf("a test: %v %+v", err, k.list[5])
	}

	if _, err := b.Change(t.Context(), fixed.Receiver(), nil, &off); !errors.Is(err, ErrFixed) {
		t.Error("the configuration's is turned off:", err)
	}
	if err := b.Remove(t.Context(), fixed.Receiver()); !errors.Is(err, ErrFixed) {
		t.Error("the configuration's is removed:", err)
	}
	if err := b.Remove(t.Context(), "hook_0"); !errors.Is(err, ErrNone) {
		t.Error("nobody is removed:", err)
	}

	again, err := OpenBook(t.Context(), cfg) // after a restart
	if err != nil || len(again.List()) != 3 {
		t.Fatal(again, err)
	}
	if got := again.List()[1]; got.URL != "https://ops.example.com/a?key=letmein" || !got.Kept.Off || "whsec_"+encoded(got.key) != made || got.Receiver() != h.Receiver() {
		t.Errorf("after a restart: %+v", got)
	}
	delete(sh.keys, h.Receiver()) // a database from a backup, without its keys
	lost, err := OpenBook(t.Context(), cfg)
	if err != nil || !lost.List()[1].Kept.Locked || lost.List()[1].Active() || lost.List()[1].Shown() != "https://ops.example.com/a" {
		t.Errorf("without its key: %+v, %v", lost.List()[1], err)
	}
	if err := lost.Remove(t.Context(), h.Receiver()); err != nil || len(sh.rows) != 1 || len(lost.List()) != 2 {
		t.Errorf("removed: %v, %d rows", err, len(sh.rows))
	}
}

// TestReasons: what Send says of a failure is read back as the code that it stands for.
func TestReasons(t *testing.T) {
	srv := httptest.NewTLSServer(http.NotFoundHandler())
	defer srv.Close()
	plain := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(503) }))
	defer plain.Close()
	for address, want := range map[string]Reason{
		srv.URL: {Code: "certificate"}, plain.URL: {"answered", 503}, "http://127.0.0.1:1/": {Code: "refused"},
		"https://no.such.name.invalid/": {Code: "unknown_name"},
	} {
		s, d := senderTo(t, address)
		err := s.Send(t.Context(), d)
		if err == nil || ReasonOf(err.Error()) != want {
			t.Errorf("%s: %v is %+v, want %+v", address, err, ReasonOf(err.Error()), want)
		}
	}
	for text, want := range map[string]string{"": "", saysLate + ": x": "late", saysAddress + ": x": "address", "whatever": "no_answer", saysRemoved: "removed"} {
		if got := ReasonOf(text).Code; got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func encoded(key []byte) string { return base64.StdEncoding.EncodeToString(key) }
