package agentui

import (
	"errors"
	"io"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"patchbay/agentui/wire"
)

// maxBody bounds a request's JSON, in bytes.
const maxBody = 256 << 10

// request is what a handler is given.
type request struct {
	*http.Request
	w   http.ResponseWriter
	srv *Server
	who identity // nobody's on public routes

	rawBody io.ReadCloser // the body without the bound that JSON has; who reads it sets another
}

// route is one row of the table that is the API: who may call it, what goes in and out, and what does it. The role test, the
// mux and openapi.json are all made of the same rows.
type route struct {
	method  string
	path    string
	role    role // least
	summary string
	query   []param
	in, out any // zero values of the bodies; nil for none
	status  int // where it went well
	handle  func(*request) (any, error)
}

// param is one value of the query.
type param struct{ name, doc string }

// newMux serves the table, the WebSocket, what monitors ask for, and the web app.
func (s *Server) newMux(static *static) http.Handler {
	mux := http.NewServeMux()
	for _, rt := range routes() {
		mux.Handle(rt.method+" "+rt.path, s.serve(rt))
	}
	mux.Handle("GET /metrics", s.metricsHandler())
	mux.HandleFunc("/api/", func(w http.ResponseWriter, r *http.Request) {
		writeProblem(w, *s.unrouted(mux, r))
	})
	mux.HandleFunc("GET /help", s.helpPage(static))
	mux.HandleFunc("GET /help/{token}", s.helpPage(static))
	mux.Handle("/", static)
	return mux
}

// unrouted tells a path that does not exist from a method that a path does not have.
func (s *Server) unrouted(mux *http.ServeMux, r *http.Request) *problem {
	var allow []string
	for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete} {
		probe := r.Clone(r.Context())
		probe.Method = method
		if _, pattern := mux.Handler(probe); pattern != "/api/" && pattern != "/" {
			allow = append(allow, method)
		}
	}
	if allow == nil {
		return notFound("address")
	}
	return &problem{Status: http.StatusMethodNotAllowed, Code: "method_not_allowed", Detail: "This address does not take " + r.Method + ".", Allow: allow}
}

// serve checks who calls, calls, and writes what comes back.
func (s *Server) serve(rt route) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		req := &request{Request: r, w: w, srv: s}
		if rt.role > rolePublic {
			who, err := s.identify(r)
			if err == nil && who.role < rt.role {
				err = &problem{Status: http.StatusForbidden, Code: "forbidden", Detail: "That takes the role of " + rt.role.String() + "."}
			}
			if err != nil {
				writeProblem(w, s.problemOf(r, asProblem(err)))
				return
			}
			req.who = who
		}
		req.rawBody = r.Body
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		out, err := rt.handle(req)
		switch {
		case errors.Is(err, errAnswered):
		case err != nil:
			writeProblem(w, s.problemOf(r, err))
		case out == nil:
			w.Header().Set("Cache-Control", "no-store")
			w.WriteHeader(http.StatusNoContent)
		default:
			s.writeJSON(w, r, rt.status, out)
		}
	})
}

// errAnswered: the handler has written the answer itself.
var errAnswered = errors.New("agentui: answered")

func asProblem(err error) error {
	switch {
	case errors.Is(err, errNoSession):
		return &problem{Status: http.StatusUnauthorized, Code: "signed_out", Detail: "Sign in first."}
	case errors.Is(err, errUnavailable):
		return &problem{
			Status: http.StatusServiceUnavailable, Code: "records_unavailable", RetryAfter: 5 * time.Second,
			Detail: "Whether you are signed in cannot be checked just now. Try again in a moment.",
		}
	default:
		return err
	}
}

func (s *Server) writeJSON(w http.ResponseWriter, r *http.Request, status int, v any) {
	raw, err := wire.Marshal(v)
	if err != nil {
		s.log.Error("answer has no JSON", "route", r.Pattern, "error", err)
		writeProblem(w, problem{Status: http.StatusInternalServerError, Code: "internal", Detail: "The answer could not be written."})
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(raw)
}

// body reads a request's JSON into v.
func (r *request) body(v any) error {
	raw, err := io.ReadAll(r.Body)
	if err != nil {
		return err
	}
	return decodeStrict(raw, v)
}

// local says that a request comes from this machine, and not through a proxy on it.
func local(r *http.Request) bool {
	forwarded := r.Header.Get("Forwarded") + r.Header.Get("X-Forwarded-For")
	return remoteAddr(r).IsLoopback() && isLoopback(hostOf(r.Host)) && forwarded == ""
}

// metricsHandler shows the metrics to this machine, and to administrators from elsewhere.
func (s *Server) metricsHandler() http.Handler {
	metrics := promhttp.HandlerFor(s.cfg.Gatherer, promhttp.HandlerOpts{})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !local(r) {
			who, err := s.identify(r)
			if err == nil && who.role < roleAdmin {
				err = &problem{Status: http.StatusForbidden, Code: "forbidden", Detail: "That takes the role of admin, or to ask from this machine."}
			}
			if err != nil {
				writeProblem(w, s.problemOf(r, asProblem(err)))
				return
			}
		}
		metrics.ServeHTTP(w, r)
	})
}
