package agentui

import (
	"context"
	"errors"
	"net/http"
	"time"

	"patchbay/agentui/webhook"
	"patchbay/store"
)

// Webhooks is who is told of alerts; cmd/patchbay implements it by a webhook.Book.
type Webhooks interface {
	List() []webhook.Hook
	Add(ctx context.Context, url string, alerts []string, secret, by string) (h webhook.Hook, made string, err error)
	Change(ctx context.Context, id string, alerts *[]string, active *bool) (webhook.Hook, error)
	Remove(ctx context.Context, id string) error
	// Test sends a message that says nothing but that it is one, and gives its id.
	Test(id string) (string, error)
}

// webhookList is who is told of alerts, and how that went.
type webhookList struct {
	Items []webhookState `json:"items"`
	Codes []string       `json:"codes"` // of all alerts that there are
}

type webhookState struct {
	ID      string     `json:"id"`
	URL     string     `json:"url"`     // without its query
	Alerts  []string   `json:"alerts"`  // codes; empty for all
	Waiting int        `json:"waiting"` // not delivered and not given up
	Last    []delivery `json:"last"`    // newest first

	Kept   bool       `json:"kept"`   // added here; else the configuration's, which only it changes
	Active bool       `json:"active"` // false: nothing is sent
	Locked bool       `json:"locked"` // the key of its secret is lost: remove it and add it anew
	At     *time.Time `json:"added_at"`
	By     string     `json:"added_by"` // user id
}

// delivery is a message and what became of it.
type delivery struct {
	store.DeliveryState
	Reason webhook.Reason `json:"reason"` // of last_error, for programs
}

type newWebhook struct {
	URL    string   `json:"url"`
	Alerts []string `json:"alerts"` // codes; empty for all
	Secret string   `json:"secret"` // base64 of 24 to 64 bytes; empty: one is made
}

type madeWebhook struct {
	webhookState
	Secret string `json:"secret"` // that was made, shown this once; empty where one was given
}

type webhookPatch struct {
	Alerts *[]string `json:"alerts"`
	Active *bool     `json:"active"`
}

type testedWebhook struct {
	MessageID string `json:"message_id"` // in the list of the receiver's last messages
}

func (r *request) hooks() []webhook.Hook {
	if r.srv.cfg.Webhooks == nil {
		return nil
	}
	return r.srv.cfg.Webhooks.List()
}

// hook is the receiver that the address names; nil where there is none.
func (r *request) hook() *webhook.Hook {
	hooks := r.hooks()
	for i := range hooks {
		if hooks[i].Receiver() == r.PathValue("id") {
			return &hooks[i]
		}
	}
	return nil
}

func (r *request) stateOf(h *webhook.Hook) (webhookState, error) {
	waiting, last, err := r.srv.cfg.Store.Deliveries(r.Context(), h.Receiver())
	if err != nil {
		return webhookState{}, err
	}
	v := webhookState{ID: h.Receiver(), URL: h.Shown(), Alerts: h.Alerts, Waiting: waiting, Last: []delivery{}, Kept: h.Kept.ID != "", Active: h.Active(),
		Locked: h.Kept.Locked, By: h.Kept.By}
	if v.Alerts == nil {
		v.Alerts = []string{}
	}
	if v.Kept {
		v.At = &h.Kept.At
	}
	for _, d := range last {
		v.Last = append(v.Last, delivery{d, webhook.ReasonOf(d.LastError)})
	}
	return v, nil
}

func getWebhooks(r *request) (any, error) {
	out := webhookList{Items: []webhookState{}, Codes: webhook.Codes()}
	hooks := r.hooks()
	for i := range hooks {
		v, err := r.stateOf(&hooks[i])
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, v)
	}
	return out, nil
}

var errNoWebhooks = &problem{Status: http.StatusNotFound, Code: "no_webhooks", Detail: "This server tells no other systems of alerts."}

// hookConflicts are codes of what cannot be done with a receiver as it stands.
var hookConflicts = []struct {
	err  error
	code string
}{{webhook.ErrFixed, "fixed_webhook"}, {webhook.ErrTwice, "webhook_twice"}, {webhook.ErrMany, "too_many_webhooks"}, {webhook.ErrOff, "webhook_off"}}

// hookProblem says what to change of a receiver; errors of the records stay as they are.
func hookProblem(err error) error {
	if words, bad := webhook.Words(err); bad {
		return badRequest("bad_webhook", sentence(words))
	}
	if errors.Is(err, webhook.ErrNone) {
		return notFound("receiver")
	}
	for _, c := range hookConflicts {
		if errors.Is(err, c.err) {
			return &problem{Status: http.StatusConflict, Code: c.code, Detail: sentence(err.Error())}
		}
	}
	return err
}

// sentence begins what Go's errors say with a capital, and ends it.
func sentence(words string) string {
	if words == "" {
		return words
	}
	if c := words[0]; 'a' <= c && c <= 'z' {
		words = string(c-'a'+'A') + words[1:]
	}
	return words + "."
}

// postWebhook adds a receiver. Its secret is sealed, and never shown again.
func postWebhook(r *request) (any, error) {
	if r.srv.cfg.Webhooks == nil {
		return nil, errNoWebhooks
	}
	var v newWebhook
	if err := r.body(&v); err != nil {
		return nil, err
	}
	h, made, err := r.srv.cfg.Webhooks.Add(r.Context(), v.URL, v.Alerts, v.Secret, r.who.user.ID)
	if err != nil {
		return nil, hookProblem(err)
	}
	r.srv.audit(r, "add_webhook", h.Receiver(), map[string]any{"url": h.Shown(), "alerts": h.Alerts})
	state, err := r.stateOf(&h)
	return madeWebhook{state, made}, err
}

func patchWebhook(r *request) (any, error) {
	if r.srv.cfg.Webhooks == nil {
		return nil, errNoWebhooks
	}
	var v webhookPatch
	if err := r.body(&v); err != nil {
		return nil, err
	}
	h, err := r.srv.cfg.Webhooks.Change(r.Context(), r.PathValue("id"), v.Alerts, v.Active)
	if err != nil {
		return nil, hookProblem(err)
	}
	r.srv.audit(r, "change_webhook", h.Receiver(), map[string]any{"url": h.Shown(), "alerts": h.Alerts, "active": !h.Kept.Off})
	return r.stateOf(&h)
}

func deleteWebhook(r *request) (any, error) {
	if r.srv.cfg.Webhooks == nil {
		return nil, errNoWebhooks
	}
	h := r.hook()
	if h == nil {
		return nil, hookProblem(webhook.ErrNone)
	}
	if err := r.srv.cfg.Webhooks.Remove(r.Context(), h.Receiver()); err != nil {
		return nil, hookProblem(err)
	}
	r.srv.audit(r, "remove_webhook", h.Receiver(), map[string]any{"url": h.Shown()})
	return nil, nil
}

// postWebhookTest puts a test into the outbox: it goes the way of every alert, and is listed with the others.
func postWebhookTest(r *request) (any, error) {
	h := r.hook()
	switch {
	case h == nil:
		return nil, hookProblem(webhook.ErrNone)
	case !h.Active():
		return nil, hookProblem(webhook.ErrOff)
	}
	id, err := r.srv.cfg.Webhooks.Test(h.Receiver())
	if err != nil {
		return nil, err
	}
	r.srv.audit(r, "test_webhook", h.Receiver(), map[string]any{"url": h.Shown()})
	return testedWebhook{id}, nil
}
