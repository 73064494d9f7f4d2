package agentui

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"patchbay/store"
)

const maxOriginals = 500 // interactions shown

// originalsRequest says why somebody must read what was masked.
type originalsRequest struct {
	Reason string `json:"reason"`
}

// originalsList is whose masked lines are kept; what they said is in none of it.
type originalsList struct {
	Items []store.KeptOriginals `json:"items"`
	More  bool                  `json:"more"`    // there are others, older ones
	Keeps bool                  `json:"keeping"` // the server keeps what is masked from now on
}

type originalLines struct {
	Lines []originalLine `json:"lines"`
}

// originalLine is a line as it was said.
type originalLine struct {
	ID      string `json:"id"`
	Speaker string `json:"speaker"`
	StartMS int64  `json:"start_ms"`
	Text    string `json:"text"`
	Spoken  string `json:"spoken"`
}

func getOriginals(r *request) (any, error) {
	list, err := r.srv.cfg.Store.OriginalsKept(r.Context(), r.scope(), maxOriginals+1)
	more := len(list) > maxOriginals
	list = list[:min(len(list), maxOriginals)]
	if list == nil {
		list = []store.KeptOriginals{}
	}
	return originalsList{list, more, r.srv.cfg.KeepsOriginals}, err
}

// postOriginals gives what was masked. The audit entry comes first: what cannot be audited is not shown.
func postOriginals(r *request) (any, error) {
	detail, err := r.readable()
	if err != nil {
		return nil, err
	}
	var v originalsRequest
	if err := r.body(&v); err != nil {
		return nil, err
	}
	reason := strings.TrimSpace(v.Reason)
	if reason == "" || utf8.RuneCountInString(reason) > maxHoldReason || strings.ContainsRune(reason, 0) {
		return nil, badRequest("bad_reason", "reason has 1 to 500 characters: why must what was masked be read?")
	}
	none := &problem{Status: http.StatusNotFound, Code: "no_originals", Detail: "Nothing that was masked in this interaction is kept. A server keeps it with --keep-originals, from then on."}
	if r.srv.cfg.Recordings == nil {
		return nil, none
	}
	lines, err := r.srv.cfg.Recordings.Originals(r.Context(), detail.ID)
	if err != nil {
		return nil, err
	}
	err = r.srv.cfg.Store.AppendAudit(r.Context(), store.AuditEntry{At: r.srv.now(), Actor: r.who.user.ID, Action: "see_originals", Object: detail.ID,
		Address: remoteAddr(r.Request).String(), Data: map[string]any{"reason": reason, "lines": len(lines)}})
	if err != nil {
		r.srv.log.Error("what was masked is not shown: no audit entry could be made", "interaction", detail.ID, "error", err)
		return nil, &problem{Status: http.StatusServiceUnavailable, Code: "not_audited", RetryAfter: 5 * time.Second,
			Detail: "This cannot be written into the audit trail just now, and so is not shown. Try again in a moment."}
	}
	if len(lines) == 0 {
		return nil, none
	}
	slices.SortFunc(lines, func(a, b store.Line) int { return cmp.Or(cmp.Compare(a.StartMS, b.StartMS), cmp.Compare(a.ID, b.ID)) })
	var out originalLines
	for _, l := range lines {
		out.Lines = append(out.Lines, originalLine{l.ID, l.Speaker, l.StartMS, l.Text, l.Spoken})
	}
	return out, nil
}
