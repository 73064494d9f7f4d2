package agentui

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"patchbay/acd"
	"patchbay/store"
)

// problem is an error for the client, as RFC 9457 writes it.
type problem struct {
	Type       string        `json:"type"`   // "about:blank": the status says it (RFC 9457 §4.2.1)
	Title      string        `json:"title"`  // of the status
	Status     int           `json:"status"` // HTTP
	Code       string        `json:"code"`   // for programs
	Detail     string        `json:"detail"` // for people
	RetryAfter time.Duration `json:"-"`
	Allow      []string      `json:"-"` // the methods that there are, for 405
}

func (p *problem) Error() string { return p.Code + ": " + p.Detail }

func writeProblem(w http.ResponseWriter, p problem) {
	p.Type, p.Title = "about:blank", http.StatusText(p.Status)
	raw, err := json.Marshal(p)
	if err != nil {
		raw = []byte(`{"type":"about:blank"}`)
	}
	if p.RetryAfter > 0 {
		seconds := int64((p.RetryAfter + time.Second - 1) / time.Second)
		w.Header().Set("Retry-After", strconv.FormatInt(seconds, 10))
	}
	if len(p.Allow) > 0 {
		w.Header().Set("Allow", strings.Join(p.Allow, ", ")) // RFC 9110 §15.5.6
	}
	if p.Status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="patchbay"`) // RFC 9110 §11.6.1
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(p.Status)
	_, _ = w.Write(raw)
}

func badRequest(code, detail string) *problem {
	return &problem{Status: http.StatusBadRequest, Code: code, Detail: detail}
}

func notFound(what string) *problem {
	return &problem{Status: http.StatusNotFound, Code: "not_found", Detail: "There is no such " + what + "."}
}

// problemOf finds the words for an error. What it does not know is the records' failure: it is logged, not shown.
func (s *Server) problemOf(r *http.Request, err error) problem {
	var known *problem
	var syntax *strictError
	var refused *acd.Error
	var tooLong *http.MaxBytesError
	switch {
	case errors.As(err, &known):
		return *known
	case errors.As(err, &syntax):
		return problem{Status: http.StatusBadRequest, Code: "bad_json", Detail: syntax.Error()}
	case errors.As(err, &tooLong):
		return problem{Status: http.StatusRequestEntityTooLarge, Code: "too_long", Detail: "The body has more than " + strconv.FormatInt(tooLong.Limit, 10) + " bytes."}
	case errors.As(err, &refused):
		return problem{Status: http.StatusConflict, Code: refused.Code, Detail: refused.Message}
	case errors.Is(err, store.ErrNotFound):
		return *notFound("record")
	case errors.Is(err, store.ErrCursor):
		return problem{Status: http.StatusBadRequest, Code: "bad_query", Detail: "cursor must be the next_cursor of a page."}
	case errors.Is(err, store.ErrValue):
		return problem{Status: http.StatusBadRequest, Code: "bad_value", Detail: "A text holds a character that cannot be kept, or a time lies too far away."}
	case errors.Is(err, store.ErrExists):
		return problem{Status: http.StatusConflict, Code: "exists", Detail: "It exists already."}
	case errors.Is(err, context.Canceled) && r.Context().Err() != nil:
		return problem{Status: http.StatusServiceUnavailable, Code: "cancelled", Detail: "The request was given up."}
	}
	s.log.Error("request failed", "method", r.Method, "route", r.Pattern, "error", err)
	return problem{
		Status: http.StatusServiceUnavailable, Code: "records_unavailable", RetryAfter: 5 * time.Second,
		Detail: "The records cannot be reached just now. Calls go on; try again in a moment.",
	}
}

// rangedWriter has http.ServeContent refuse a range as everything else here is refused.
type rangedWriter struct {
	http.ResponseWriter
	refused bool
}

func (w *rangedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *rangedWriter) WriteHeader(status int) {
	if w.refused = status == http.StatusRequestedRangeNotSatisfiable; !w.refused {
		w.ResponseWriter.WriteHeader(status)
		return
	}
	for _, name := range []string{"Content-Length", "Content-Disposition"} { // of the text that we do not send
		w.Header().Del(name)
	}
	writeProblem(w.ResponseWriter, problem{Status: status, Code: "bad_range", Detail: "The range begins behind the end: Content-Range says how much there is."})
}

func (w *rangedWriter) Write(b []byte) (int, error) {
	if w.refused {
		return len(b), nil
	}
	return w.ResponseWriter.Write(b)
}
