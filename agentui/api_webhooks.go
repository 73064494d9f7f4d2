package agentui

import "patchbay/store"

// webhookList is who is told of alerts, and how that went.
type webhookList struct {
	Items []webhookState `json:"items"`
}

type webhookState struct {
	ID      string                `json:"id"`
	URL     string                `json:"url"`     // without its query
	Alerts  []string              `json:"alerts"`  // codes; empty for all
	Waiting int                   `json:"waiting"` // not delivered and not given up
	Last    []store.DeliveryState `json:"last"`    // newest first
}

func getWebhooks(r *request) (any, error) {
	out := webhookList{Items: []webhookState{}}
	for i := range r.srv.cfg.Webhooks {
		h := &r.srv.cfg.Webhooks[i]
		waiting, last, err := r.srv.cfg.Store.Deliveries(r.Context(), h.Receiver())
		if err != nil {
			return nil, err
		}
		out.Items = append(out.Items, webhookState{h.Receiver(), h.Shown(), h.Alerts, waiting, last})
	}
	return out, nil
}
