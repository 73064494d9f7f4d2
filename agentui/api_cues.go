package agentui

import (
	"slices"

	"patchbay/acd"
	"patchbay/store"
)

const maxCues = 1000 // queues with cues of their own

// cueList is from when on calls may need somebody.
type cueList struct {
	Items   []store.Cues `json:"items"`   // by queue; that of queue_id "" counts for all that have none of their own
	Default store.Cues   `json:"default"` // where there is none for all queues
}

type cueChange struct {
	Items []store.Cues `json:"items"`
}

func cuesWith(list []store.Cues) cueList {
	if list == nil {
		list = []store.Cues{}
	}
	return cueList{list, acd.DefaultCues}
}

func getCues(r *request) (any, error) {
	list, err := r.srv.cfg.Store.Cues(r.Context())
	return cuesWith(list), err
}

// putCues replaces all cues; they count from the next second on, also in calls that go on.
func putCues(r *request) (any, error) {
	var v cueChange
	if err := r.body(&v); err != nil {
		return nil, err
	}
	if len(v.Items) > maxCues {
		return nil, badRequest("bad_cues", "There are at most 1000 queues with cues of their own.")
	}
	if err := acd.CheckCues(v.Items); err != nil {
		return nil, badRequest("bad_cues", sentence(err.Error()))
	}
	queues, err := r.srv.cfg.Store.Queues(r.Context())
	if err != nil {
		return nil, err
	}
	for _, c := range v.Items {
		if c.QueueID != "" && !slices.ContainsFunc(queues, func(q store.Queue) bool { return q.ID == c.QueueID }) {
			return nil, badRequest("bad_cues", "queue_id is the id of a queue, or empty for all.")
		}
	}
	if err := r.srv.cfg.Store.ReplaceCues(r.Context(), v.Items); err != nil {
		return nil, err
	}
	r.srv.audit(r, "replace_cues", "cues", map[string]any{"queues": len(v.Items)})
	r.srv.cfg.Center.SetCues(v.Items)
	return cuesWith(v.Items), nil
}
