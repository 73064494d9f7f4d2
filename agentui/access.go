package agentui

import (
	"net/http"
	"slices"

	"patchbay/store"
)

// Who may read what (docs/guardrails.md). Words of an interaction: who had a part in it, at whom it rings or goes on, and
// whoever serves its queue. Its sound, and what can be carried away: the same without the colleagues of the queue. Supervisors have
// both for the queues that they are given, which may be all; administrators for all.

var (
	errForeign = &problem{Status: http.StatusForbidden, Code: "not_yours", Detail: "This interaction is of a queue that you do not serve, and you had no part in it. Ask a supervisor."}
	errUnheard = &problem{Status: http.StatusForbidden, Code: "not_yours", Detail: "Agents review their own interactions. Ask a supervisor."}
)

// all says whether who reads everything.
func (who *identity) all() bool {
	return who.role == roleAdmin || who.role == roleSupervisor && who.user.AllQueues
}

// reach is the queues whose calls somebody may follow live. The zero value is none.
type reach struct {
	all    bool
	queues []string
}

// has says whether a queue is within it.
func (h reach) has(queue string) bool { return h.all || slices.Contains(h.queues, queue) }

func (h reach) equal(other reach) bool {
	return h.all == other.all && slices.Equal(h.queues, other.queues)
}

// reach is whose calls somebody may follow live.
func (who *identity) reach() reach {
	switch {
	case who.all():
		return reach{all: true}
	case who.role == roleSupervisor:
		return reach{queues: who.user.Queues}
	}
	return reach{}
}

// scope is what the caller may read; nil for everything.
func (r *request) scope() *store.Scope {
	if r.who.all() {
		return nil
	}
	return &store.Scope{User: r.who.user.ID, Queues: r.who.user.Queues, Shown: r.srv.cfg.Hub.interactionsOf(r.who.user.ID)}
}

// has says whether the caller has an interaction of their own: in hand now, or in the past.
func (r *request) has(id string) (bool, error) {
	if slices.Contains(r.srv.cfg.Hub.interactionsOf(r.who.user.ID), id) {
		return true, nil
	}
	segments, err := r.srv.cfg.Store.Segments(r.Context(), id)
	return slices.ContainsFunc(segments, func(g store.Segment) bool { return g.AgentID == r.who.user.ID }), err
}

// readable gives the path's interaction where the caller may read it.
func (r *request) readable() (store.InteractionDetail, error) {
	detail, err := r.detail()
	if err == nil {
		err = r.mayRead(detail)
	}
	return detail, err
}

func (r *request) mayRead(d store.InteractionDetail) error {
	if r.who.all() || slices.Contains(r.who.user.Queues, d.Queue) {
		return nil
	}
	if own, err := r.has(d.ID); err != nil || own {
		return err
	}
	return errForeign
}

// mine gives the path's interaction where the caller may hear it.
func (r *request) mine() (store.InteractionDetail, error) {
	detail, err := r.readable()
	if err != nil || r.who.role >= roleSupervisor {
		return detail, err
	}
	own, err := r.has(detail.ID)
	if err == nil && !own {
		err = errUnheard
	}
	return detail, err
}

// oversight refuses supervisors what is not of their queues; whose call it is otherwise, video help knows itself.
func (r *request) oversight() error {
	if r.who.role < roleSupervisor || r.who.all() {
		return nil
	}
	_, err := r.readable()
	return err
}
