package webhook

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"sync"
	"time"

	"patchbay/store"
)

// What a Book refuses.
var (
	ErrFixed = errors.New("this receiver is the configuration's: change it there, and start the server again")
	ErrNone  = errors.New("there is no such receiver")
	ErrTwice = errors.New("that address is a receiver already")
	ErrMany  = fmt.Errorf("there are at most %d receivers: remove one first", maxHooks)
	ErrOff   = errors.New("nothing is sent to this receiver: turn it on first")
)

// Book is who is told of alerts: the hooks of the configuration, which only it changes, and those that administrators add. A change
// counts at once. It is safe for concurrent use.
type Book struct {
	cfg BookConfig

	mu   sync.Mutex // held over a whole change
	kept []Hook     // oldest first
}

// BookConfig of a Book.
type BookConfig struct {
	Fixed []Hook // of the configuration
	Store BookStore
	Safe  Safe
	Log   *slog.Logger
	// Changed is told of all hooks after each change, also of the first, in OpenBook; one call at a time.
	Changed func(all []Hook) error
}

// BookStore keeps what administrators add; *store.Store implements it.
type BookStore interface {
	Webhooks(ctx context.Context) ([]store.Webhook, error)
	AddWebhook(ctx context.Context, v store.Webhook) error
	ChangeWebhook(ctx context.Context, id string, alerts []string, active bool) error
	DeleteWebhook(ctx context.Context, id string) error
}

// Safe seals addresses and secrets, each hook's under a key of its own.
type Safe interface {
	SealHook(id string, plain []byte) (keyID string, sealed []byte, err error)
	OpenHook(id, keyID string, sealed []byte) ([]byte, error)
	ForgetHook(id string) error
}

// sealed is what only the server reads: a query may hold what lets in.
type sealed struct {
	URL    string `json:"url"`
	Secret []byte `json:"secret"`
}

// OpenBook reads what is kept. A hook that cannot be opened is listed, so that it can be removed, and told nothing.
func OpenBook(ctx context.Context, cfg BookConfig) (*Book, error) {
	b := &Book{cfg: cfg}
	rows, err := cfg.Store.Webhooks(ctx)
	if err != nil {
		return nil, err
	}
	for _, v := range rows {
		h := Hook{Alerts: v.Alerts, Kept: Kept{ID: v.ID, Shown: v.Shown, Off: !v.Active, At: v.CreatedAt, By: v.CreatedBy}}
		if err := h.open(cfg.Safe, v); err != nil {
			h.Kept.Locked = true
			cfg.Log.Error("webhook cannot be opened: remove it and add it anew", "receiver", v.ID, "error", err)
		}
		b.kept = append(b.kept, h)
	}
	return b, cfg.Changed(b.all())
}

func (h *Hook) open(safe Safe, v store.Webhook) error {
	plain, err := safe.OpenHook(v.ID, v.KeyID, v.Sealed)
	if err != nil {
		return err
	}
	var s sealed
	if err := json.Unmarshal(plain, &s); err != nil {
		return fmt.Errorf("webhook: %w", err)
	}
	h.URL, h.key = s.URL, s.Secret
	return nil
}

// List gives all hooks: the configuration's first, then the oldest.
func (b *Book) List() []Hook {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.all()
}

func (b *Book) all() []Hook { return slices.Concat(b.cfg.Fixed, b.kept) }

// Add keeps a receiver. secret is base64 of 24 to 64 bytes; where it is empty, one is made and given back, which is the only time
// that it is shown. Its errors are what Book refuses, what the words of check say, or the store's.
func (b *Book) Add(ctx context.Context, address string, alerts []string, secret, by string) (h Hook, made string, err error) {
	if secret == "" {
		var raw [32]byte
		_, _ = rand.Read(raw[:]) // never fails (crypto/rand)
		secret = "whsec_" + base64.StdEncoding.EncodeToString(raw[:])
		made = secret
	}
	h = Hook{URL: address, Alerts: append([]string{}, alerts...)}
	if err := h.checkKept(secret); err != nil {
		return h, "", err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	id := h.Receiver()
	switch {
	case len(b.all()) >= maxHooks:
		return h, "", ErrMany
	case slices.ContainsFunc(b.all(), func(o Hook) bool { return o.Receiver() == id }):
		return h, "", ErrTwice
	}
	plain, err := json.Marshal(sealed{h.URL, h.key})
	if err != nil {
		return h, "", fmt.Errorf("webhook: %w", err)
	}
	shown := h.Shown()
	h.Kept = Kept{ID: id, Shown: shown, At: time.Now().UTC(), By: by}
	row := store.Webhook{ID: id, Shown: shown, Alerts: h.Alerts, Active: true, CreatedAt: h.Kept.At, CreatedBy: by}
	if row.KeyID, row.Sealed, err = b.cfg.Safe.SealHook(id, plain); err != nil {
		return h, "", err
	}
	if err := b.cfg.Store.AddWebhook(ctx, row); err != nil {
		return h, "", err
	}
	b.kept = append(b.kept, h)
	return h, made, b.cfg.Changed(b.all())
}

// checkKept is check, with what a page must not do: whoever works on it may name other machines, by https, and not this one, where
// programs listen that trust whoever reaches them.
func (h *Hook) checkKept(secret string) error {
	u, err := url.Parse(h.URL)
	if err != nil || len(h.URL) > maxURL || u.Scheme != "https" || u.Host == "" || u.User != nil || u.Fragment != "" || loopback(u.Hostname()) {
		return checkError("url is an https address of another machine, such as https://ops.example.com/patchbay, without a user; one of this machine is named by --webhooks")
	}
	if err := checkAlerts(h.Alerts); err != nil {
		return checkError(err.Error())
	}
	if err := h.setKey(secret); err != nil {
		return checkError(err.Error())
	}
	return nil
}

const maxURL = 2000 // bytes

// checkError says in words what is wrong with a hook.
type checkError string

func (e checkError) Error() string { return string(e) }

// Words gives the words of an error that say what to change of a hook; false for others.
func Words(err error) (string, bool) {
	var e checkError
	if errors.As(err, &e) {
		return string(e), true
	}
	return "", false
}

// Change says of what a receiver is told, and whether it is; nil leaves either.
func (b *Book) Change(ctx context.Context, id string, alerts *[]string, active *bool) (Hook, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, err := b.find(id)
	if err != nil {
		return Hook{}, err
	}
	h := b.kept[i]
	if alerts != nil {
		if err := checkAlerts(*alerts); err != nil {
			return h, checkError(err.Error())
		}
		h.Alerts = append([]string{}, *alerts...)
	}
	if active != nil {
		h.Kept.Off = !*active
	}
	if err := b.cfg.Store.ChangeWebhook(ctx, id, h.Alerts, !h.Kept.Off); err != nil {
		return h, err
	}
	b.kept = slices.Clone(b.kept)
	b.kept[i] = h
	return h, b.cfg.Changed(b.all())
}

// Remove forgets a receiver: its key is destroyed first, so that backups of the database do not keep its secret.
func (b *Book) Remove(ctx context.Context, id string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	i, err := b.find(id)
	if err != nil {
		return err
	}
	if err := b.cfg.Safe.ForgetHook(id); err != nil {
		return err
	}
	if err := b.cfg.Store.DeleteWebhook(ctx, id); err != nil && !errors.Is(err, store.ErrNotFound) {
		return err
	}
	b.kept = slices.Delete(slices.Clone(b.kept), i, i+1)
	return b.cfg.Changed(b.all())
}

// find gives the place of a kept hook.
func (b *Book) find(id string) (int, error) {
	if i := slices.IndexFunc(b.kept, func(h Hook) bool { return h.Receiver() == id }); i >= 0 {
		return i, nil
	}
	if slices.ContainsFunc(b.cfg.Fixed, func(h Hook) bool { return h.Receiver() == id }) {
		return 0, ErrFixed
	}
	return 0, ErrNone
}

// Receivers names those of hooks that are told something.
func Receivers(hooks []Hook) []string {
	list := []string{}
	for i := range hooks {
		if hooks[i].Active() {
			list = append(list, hooks[i].Receiver())
		}
	}
	return list
}
