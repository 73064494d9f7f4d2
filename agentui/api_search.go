package agentui

import (
	"errors"
	"strings"

	"patchbay/store"
)

// getSearch finds interactions by what was said. What is found is as the transcript has it: masked, and not erased.
func getSearch(r *request) (any, error) {
	query := r.URL.Query()
	q := store.Search{Words: query.Get("q"), Customer: query.Get("customer"), Cursor: query.Get("cursor")}
	q.Scope = r.scope()
	if strings.ContainsRune(q.Customer, 0) {
		return nil, badRequest("bad_query", "customer is no id.")
	}
	var err error
	if q.Since, err = r.time("since"); err != nil {
		return nil, err
	}
	if q.Until, err = r.time("until"); err != nil {
		return nil, err
	}
	limit, err := r.number("limit", 1, 100, 20)
	if err != nil {
		return nil, err
	}
	q.Limit = int(limit)
	page, err := r.srv.cfg.Store.Search(r.Context(), q)
	if errors.Is(err, store.ErrSearch) {
		return nil, badRequest("bad_query", strings.TrimPrefix(err.Error(), store.ErrSearch.Error()+": "))
	}
	return page, err
}
