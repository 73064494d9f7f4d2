package store_test

import (
	"errors"
	"reflect"
	"testing"
	"time"

	"patchbay/store"
)

func TestWebhooks(t *testing.T) {
	s := server.Store(t)
	at := time.Now().UTC().Truncate(time.Millisecond)
	first := store.Webhook{ID: "hook_1", Shown: "https://ops.example.com/a", Alerts: []string{}, Active: true, KeyID: "k", Sealed: []byte("sealed"), CreatedAt: at, CreatedBy: "admin"}
	second := first
	second.ID, second.CreatedAt = "hook_0", at.Add(time.Second)
	for _, v := range []store.Webhook{first, second} {
		if err := s.AddWebhook(t.Context(), v); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.AddWebhook(t.Context(), first); !errors.Is(err, store.ErrExists) {
		t.Errorf("one address twice: %v", err)
	}
	if err := s.ChangeWebhook(t.Context(), "hook_1", []string{"phrase"}, false); err != nil {
		t.Fatal(err)
	}
	first.Alerts, first.Active = []string{"phrase"}, false
	if got, err := s.Webhooks(t.Context()); err != nil || !reflect.DeepEqual(got, []store.Webhook{first, second}) {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := s.DeleteWebhook(t.Context(), "hook_1"); err != nil {
		t.Fatal(err)
	}
	if err := s.DeleteWebhook(t.Context(), "hook_1"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removed twice: %v", err)
	}
	if err := s.ChangeWebhook(t.Context(), "hook_1", nil, true); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("changed after it was removed: %v", err)
	}
}
