package webhook

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"gopkg.in/yaml.v3"

	"patchbay/acd"
)

// Codes of alerts that concern the server. Those of calls are acd's.
const (
	CodeOff    = "transcription_off"
	CodeBehind = "transcription_behind"
	CodeDisk   = "disk_low"

	CodeTest = "test" // of a message by which an administrator tries a receiver; it is no alert
)

// Codes are all alerts that a receiver can be told of.
func Codes() []string { return append(acd.NeedCodes(), CodeOff, CodeBehind, CodeDisk) }

const (
	maxHooks    = 20
	maxSettings = 64 << 10 // bytes
	leastSecret = 24       // bytes; 24 to 64 as Standard Webhooks has it
	mostSecret  = 64
)

// Hook is one receiver, as the configuration names it, or an administrator.
type Hook struct {
	URL        string   `yaml:"url"`
	Secret     string   `yaml:"secret"`      // base64 of 24 to 64 bytes, with or without whsec_ before it
	SecretFile string   `yaml:"secret_file"` // that holds it, instead
	Alerts     []string `yaml:"alerts"`      // codes; all where empty

	Kept Kept `yaml:"-"` // of those that administrators added

	key []byte
}

// Kept is what there is of a hook only where an administrator added it.
type Kept struct {
	ID     string    // receiver; empty: the hook is the configuration's
	Shown  string    // address without its query
	Off    bool      // turned off
	Locked bool      // its key is lost: address and secret cannot be read
	At     time.Time // when it was added
	By     string    // user id
}

// Parse reads a list of hooks, YAML or JSON, and their secrets. read gives a file that holds one line. Its errors say in one line how to mend it.
func Parse(text string, read func(file string) (string, error)) ([]Hook, error) {
	if len(text) > maxSettings {
		return nil, errors.New("the list is too long")
	}
	d := yaml.NewDecoder(strings.NewReader(text))
	d.KnownFields(true)
	var hooks []Hook
	if err := d.Decode(&hooks); err != nil && !errors.Is(err, io.EOF) {
		return nil, errors.New("is a list of url, secret or secret_file, and alerts, such as [{url: https://ops.example.com/patchbay, secret_file: /etc/patchbay/hook}]")
	}
	if len(hooks) > maxHooks {
		return nil, fmt.Errorf("there are at most %d", maxHooks)
	}
	for i := range hooks {
		if err := hooks[i].check(read); err != nil {
			return nil, fmt.Errorf("number %d: %w", i+1, err)
		}
		if slices.ContainsFunc(hooks[:i], func(h Hook) bool { return h.Receiver() == hooks[i].Receiver() }) {
			return nil, fmt.Errorf("number %d: %s is named twice", i+1, hooks[i].Shown())
		}
	}
	return hooks, nil
}

func (h *Hook) check(read func(file string) (string, error)) error {
	u, err := url.Parse(h.URL)
	if err != nil || u.Host == "" || u.User != nil || u.Fragment != "" ||
		u.Scheme != "https" && !(u.Scheme == "http" && loopback(u.Hostname())) {
		return errors.New("url is an https address such as https://ops.example.com/patchbay, without a user; http only for this machine, such as http://127.0.0.1:9000/alerts")
	}
	if err := checkAlerts(h.Alerts); err != nil {
		return err
	}
	secret := h.Secret
	switch {
	case (secret == "") == (h.SecretFile == ""):
		return errors.New("give secret or secret_file, one of them: openssl rand -base64 32 makes a secret")
	case secret == "":
		if secret, err = read(h.SecretFile); err != nil {
			return fmt.Errorf("secret_file cannot be read: %w", err)
		}
		secret = strings.TrimSpace(secret)
	}
	return h.setKey(secret)
}

func checkAlerts(codes []string) error {
	for _, code := range codes {
		if !slices.Contains(Codes(), code) {
			return fmt.Errorf("there is no alert %q; there are %s", code, strings.Join(Codes(), ", "))
		}
	}
	return nil
}

func (h *Hook) setKey(secret string) (err error) {
	if h.key, err = base64.StdEncoding.DecodeString(strings.TrimPrefix(secret, "whsec_")); err != nil || len(h.key) < leastSecret || len(h.key) > mostSecret {
		return fmt.Errorf("the secret is base64 of %d to %d bytes: openssl rand -base64 32 makes one", leastSecret, mostSecret)
	}
	return nil
}

// Receiver names the hook in the outbox: another address is another receiver.
func (h *Hook) Receiver() string {
	if h.Kept.ID != "" {
		return h.Kept.ID
	}
	sum := sha256.Sum256([]byte(h.URL))
	return "hook_" + hex.EncodeToString(sum[:8])
}

// Shown is the address for people: its query may hold what lets in.
func (h *Hook) Shown() string {
	if h.Kept.Shown != "" {
		return h.Kept.Shown
	}
	u, err := url.Parse(h.URL)
	if err != nil {
		return ""
	}
	u.RawQuery = ""
	return u.String()
}

// Active says whether anything is sent to the hook.
func (h *Hook) Active() bool { return !h.Kept.Off && !h.Kept.Locked }

// Wants says whether the hook is told of an alert.
func (h *Hook) Wants(code string) bool {
	return h.Active() && (len(h.Alerts) == 0 || slices.Contains(h.Alerts, code))
}

func loopback(host string) bool {
	a, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && a.IsLoopback()
}
