package main

import (
	"strings"

	"patchbay/agentui/webhook"
)

// hookSafe seals what webhooks' receivers are known by, under keys that lie beside the recordings' and are wrapped anew with them.
type hookSafe struct{ *keeper }

var _ webhook.Safe = hookSafe{}

// hookKeys names the keys of a receiver: hook_0123… has letters that no recording's id has.
func hookKeys(id string) string { return strings.ReplaceAll(id, "_", "-") }

func aboutHook(id string) []byte { return []byte("webhook " + id) }

// SealHook implements webhook.Safe.
func (s hookSafe) SealHook(id string, plain []byte) (keyID string, sealed []byte, err error) {
	key, err := s.keys.New(hookKeys(id))
	if err != nil {
		return "", nil, err
	}
	return key.ID, key.SealNote(plain, aboutHook(id)), nil
}

// OpenHook implements webhook.Safe.
func (s hookSafe) OpenHook(id, keyID string, sealed []byte) ([]byte, error) {
	key, err := s.keys.Get(hookKeys(id), keyID)
	if err != nil {
		return nil, err
	}
	return key.OpenNote(sealed, aboutHook(id))
}

// ForgetHook implements webhook.Safe.
func (s hookSafe) ForgetHook(id string) error { return s.keys.Destroy(hookKeys(id)) }

// deskHooks is what administrators do with webhooks.
type deskHooks struct {
	*webhook.Book
	watch *webhook.Watch
}

func (d deskHooks) Test(receiver string) (string, error) { return d.watch.Test(receiver) }
