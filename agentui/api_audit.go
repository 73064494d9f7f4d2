package agentui

import (
	"context"
	"strings"
	"time"

	"patchbay/store"
)

// auditStore reads the audit trail. Nothing changes or removes an entry.
type auditStore interface {
	AppendAudit(ctx context.Context, e store.AuditEntry) error
	AuditEntries(ctx context.Context, q store.AuditQuery) ([]store.NamedEntry, error)
	AuditActions(ctx context.Context) ([]string, error)
}

type auditList struct {
	Items []store.NamedEntry `json:"items"`
}

type actionList struct {
	Items []string `json:"items"`
}

func getAudit(r *request) (any, error) {
	before, err := r.number("before", 1, 1<<62, 0)
	if err != nil {
		return nil, err
	}
	limit, err := r.number("limit", 1, 200, 50)
	if err != nil {
		return nil, err
	}
	values := r.URL.Query()
	q := store.AuditQuery{Before: before, Limit: int(limit), Actor: values.Get("actor"), Action: values.Get("action"), Object: values.Get("object")}
	for _, v := range []string{q.Actor, q.Action, q.Object} {
		if len(v) > 200 || !plainText(v) {
			return nil, badRequest("bad_query", "actor, action and object have at most 200 bytes.")
		}
	}
	for name, at := range map[string]*time.Time{"since": &q.Since, "until": &q.Until} {
		if v := strings.TrimSpace(values.Get(name)); v != "" {
			if *at, err = time.Parse(time.RFC3339, v); err != nil {
				return nil, badRequest("bad_query", name+" is a time such as 2026-11-25T09:00:00Z.")
			}
		}
	}
	entries, err := r.srv.cfg.Store.AuditEntries(r.Context(), q)
	return auditList{Items: entries}, err
}

func getAuditActions(r *request) (any, error) {
	actions, err := r.srv.cfg.Store.AuditActions(r.Context())
	return actionList{Items: actions}, err
}
