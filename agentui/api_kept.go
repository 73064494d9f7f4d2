package agentui

import (
	"context"
	"encoding/hex"
	"errors"
	"time"

	"patchbay/media/record"
	"patchbay/store"
)

// keptStore tells what is kept of interactions.
type keptStore interface {
	Holds(ctx context.Context, q store.HoldQuery) (store.HeldPage, error)
	Keeps(ctx context.Context, now time.Time) ([]store.QueueKeep, error)
	OriginalsKept(ctx context.Context, scope *store.Scope, limit int) ([]store.KeptOriginals, error)
}

type holdList struct {
	store.HeldPage
	More bool `json:"more"` // there is a next page
}

type keepList struct {
	Items []store.QueueKeep `json:"items"`
}

// verified is whether a recording is what was written.
type verified struct {
	State    string   `json:"state"`    // "whole", "open" (it goes on, and is whole so far) or "damaged"
	Segments int      `json:"segments"` // that are what was written, in their place
	Chain    string   `json:"chain"`    // SHA-256 over the sealed file, in hex; empty where it is damaged
	Stored   string   `json:"stored"`   // what the record has of the chain, from the end of the recording
	Problems []string `json:"problems"`
}

func getHolds(r *request) (any, error) {
	limit, err := r.number("limit", 1, 500, 100)
	if err != nil {
		return nil, err
	}
	page, err := r.srv.cfg.Store.Holds(r.Context(), store.HoldQuery{Scope: r.scope(), Cursor: r.URL.Query().Get("cursor"), Limit: int(limit)})
	return holdList{page, page.NextCursor != ""}, err
}

func getKeeps(r *request) (any, error) {
	list, err := r.srv.cfg.Store.Keeps(r.Context(), r.srv.now())
	return keepList{Items: list}, err
}

// getVerified opens every segment of a recording and follows its hash chain.
func getVerified(r *request) (any, error) {
	detail, err := r.readable()
	if err != nil {
		return nil, err
	}
	if r.srv.cfg.Recordings == nil {
		return nil, notFound("recording")
	}
	report, err := r.srv.cfg.Recordings.Verify(r.Context(), detail.ID)
	if errors.Is(err, record.ErrNone) {
		return nil, notFound("recording")
	}
	if err != nil {
		return nil, err
	}
	out := verified{State: "whole", Segments: report.Segments, Problems: report.Problems}
	switch known, err := r.srv.cfg.Store.Recording(r.Context(), detail.ID); {
	case err == nil:
		out.Stored = known.Chain
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	switch {
	case len(report.Problems) > 0:
		out.State = "damaged"
	case !report.Ended:
		out.State = "open"
	default:
		out.Chain = hex.EncodeToString(report.Chain[:])
		if out.Stored != "" && out.Stored != out.Chain {
			out.State, out.Problems = "damaged", append(out.Problems, "the file is not the one that the record names: another chain")
		}
	}
	r.srv.audit(r, "verify_recording", detail.ID, map[string]any{"state": out.State})
	return out, nil
}
