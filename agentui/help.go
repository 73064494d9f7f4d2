package agentui

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/netip"
	"time"

	"patchbay/acd/video"
	"patchbay/store"
)

// Help is video help; *video.Sessions implements it.
type Help interface {
	Start(ctx context.Context, agentID, interactionID string) error
	End(ctx context.Context, agentID, interactionID, outcome string) error
	Invite(ctx context.Context, agentID, interactionID, role string) error
	Sent(ctx context.Context, agentID, interactionID string, send func(link string) (to string, err error)) error

	Look(ctx context.Context, token, cookie string) (video.Entry, error)
	Claim(ctx context.Context, token, cookie string) (given string, e video.Entry, err error)
	ByCode(ctx context.Context, typed string) (token string, err error)
	JoinLink(ctx context.Context, token, cookie string, conn video.Conn) (*video.Seat, error)
	JoinUser(ctx context.Context, interactionID, userID, name string, supervisor bool, conn video.Conn) (*video.Seat, error)

	Still(ctx context.Context, token, cookie, id string, picture []byte) error
	Frozen(ctx context.Context, interactionID, userID string, supervisor bool, id string) ([]byte, error)
	FrozenLink(ctx context.Context, token, cookie, id string) ([]byte, error)
	MaySnap(ctx context.Context, agentID, interactionID string) (session string, err error)
	Snapped(interactionID, agentID, snapshotID string, drawing bool)
}

// Pictures keeps the snapshots of video help; *store.Store implements it.
type Pictures interface {
	AddSnapshot(ctx context.Context, p store.Snapshot, picture []byte) (store.Snapshot, error)
	Snapshots(ctx context.Context, interactionID, customerID string, scope *store.Scope) ([]store.Snapshot, error)
	SnapshotPicture(ctx context.Context, id string) (store.Snapshot, []byte, error)
}

// LinkSender brings a link to the guest's phone; cmd/patchbay implements it.
type LinkSender interface {
	// SendLink sends a link to a telephone number or an e-mail address, in the language of who reads it.
	SendLink(ctx context.Context, to, link, language string) error
}

var errNoConsent = &problem{Status: http.StatusForbidden, Code: "no_consent", Detail: `Press "Start sharing" first.`}

// stillTimeout: a still in full resolution over a weak network.
const stillTimeout = 2 * time.Minute

var errNoHelp = &problem{Status: http.StatusNotImplemented, Code: "no_video_help", Detail: "This server offers no video help."}

func (r *request) help() (Help, error) {
	if r.srv.cfg.Help == nil {
		return nil, errNoHelp
	}
	return r.srv.cfg.Help, nil
}

// guestCookie is what this browser has of a link, "" for nothing.
func (s *Server) guestCookie(r *http.Request, token string) string {
	c, err := r.Cookie(s.guestCookieName(r, token))
	if err != nil {
		return ""
	}
	return c.Value
}

func (s *Server) guestCookieName(r *http.Request, token string) string {
	return s.cookieName(s.secure(r)) + "_help_" + video.CookieName(token)
}

// helpProblem finds the words for a link that cannot be used.
func helpProblem(err error) *problem {
	switch {
	case errors.Is(err, video.ErrUnknown):
		return &problem{Status: http.StatusNotFound, Code: "unknown_link",
			Detail: "This link is not known. Check it, or ask the person on the phone for a new one."}
	case errors.Is(err, video.ErrUsed):
		return &problem{Status: http.StatusGone, Code: "used_link",
			Detail: "This link was used in another browser. Ask the person on the phone for a new one."}
	case errors.Is(err, video.ErrExpired):
		return &problem{Status: http.StatusGone, Code: "expired_link",
			Detail: "This link is too old. Ask the person on the phone for a new one."}
	case errors.Is(err, video.ErrOver):
		return &problem{Status: http.StatusGone, Code: "over", Detail: "This video help is over."}
	}
	return nil
}

// guess counts a link or code that does not exist, and refuses who tries too many.
func (s *Server) guess(r *http.Request, err error) error {
	p := helpProblem(err)
	if p == nil {
		return err
	}
	if errors.Is(err, video.ErrUnknown) {
		s.guesses.failed(remoteAddr(r))
	}
	return p
}

// maySearch refuses an address that has guessed too often, before anything is looked up.
func (s *Server) maySearch(from netip.Addr) error {
	if wait, ok := s.guesses.allow(from); !ok {
		return &problem{Status: http.StatusTooManyRequests, Code: "too_many_attempts", RetryAfter: wait,
			Detail: "Too many wrong links or codes were tried. Wait a little, then open the link that you were sent."}
	}
	return nil
}

// look finds a link for the browser that asks. An address that guessed too often learns nothing, but the browser that a link is
// bound to goes on, though somebody behind the same router guesses.
func (s *Server) look(r *http.Request, help Help, token string) (e video.Entry, cookie string, err error) {
	cookie = s.guestCookie(r, token)
	e, err = help.Look(r.Context(), token, cookie)
	if err == nil && e.State == "yours" {
		return e, cookie, nil
	}
	if refused := s.maySearch(remoteAddr(r)); refused != nil {
		return video.Entry{}, cookie, refused
	}
	if err != nil {
		err = s.guess(r, err)
	}
	return e, cookie, err
}

// helpPage serves the guest's page, with the status that the link deserves: the page says the same in words.
func (s *Server) helpPage(static *static) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		status := http.StatusOK
		if token := r.PathValue("token"); token != "" && s.cfg.Help != nil {
			_, _, err := s.look(r, s.cfg.Help, token)
			var p *problem
			if errors.As(err, &p) {
				status = p.Status
			}
		}
		static.serveHelp(w, r, status)
	}
}

// visit is a guest's browser at the link that it asks for.
type visit struct {
	help   Help
	token  string
	cookie string // what this browser has of the link
	entry  video.Entry
}

// visit finds the path's link for the browser that asks.
func (r *request) visit() (visit, error) {
	help, err := r.help()
	if err != nil {
		return visit{}, err
	}
	v := visit{help: help, token: r.PathValue("token")}
	v.entry, v.cookie, err = r.srv.look(r.Request, help, v.token)
	return v, err
}

func getHelp(r *request) (any, error) {
	v, err := r.visit()
	return v.entry, err
}

func postHelpClaim(r *request) (any, error) {
	v, err := r.visit()
	if err != nil {
		return nil, err
	}
	given, e, err := v.help.Claim(r.Context(), v.token, v.cookie)
	if err != nil {
		return nil, r.srv.guess(r.Request, err)
	}
	if given != "" {
		http.SetCookie(r.w, &http.Cookie{
			Name: r.srv.guestCookieName(r.Request, v.token), Value: given, Path: "/", HttpOnly: true,
			// Lax, not Strict: who opens the link in the messenger again comes from another site.
			SameSite: http.SameSiteLaxMode, Secure: r.srv.secure(r.Request), MaxAge: int((6 * time.Hour).Seconds()),
		})
	}
	return e, nil
}

// helpCode is what a person types at /help.
type helpCode struct {
	Code string `json:"code"`
}

// helpPath is where it leads.
type helpPath struct {
	Path string `json:"path"`
}

func postHelpCode(r *request) (any, error) {
	help, err := r.help()
	if err != nil {
		return nil, err
	}
	if err := r.srv.maySearch(remoteAddr(r.Request)); err != nil {
		return nil, err
	}
	var in helpCode
	if err := r.body(&in); err != nil {
		return nil, err
	}
	if len(in.Code) > 64 {
		return nil, badRequest("bad_code", "A code has nine digits.")
	}
	token, err := help.ByCode(r.Context(), in.Code)
	if errors.Is(err, video.ErrUnknown) {
		r.srv.guesses.failed(remoteAddr(r.Request))
		return nil, &problem{Status: http.StatusNotFound, Code: "unknown_code",
			Detail: "This code is not known. Check the nine digits, or ask for a new one."}
	} else if err != nil {
		return nil, r.srv.guess(r.Request, err)
	}
	return helpPath{"/help/" + token}, nil
}

// picture reads a body that is a picture and no JSON.
func (r *request) picture(most int64) ([]byte, error) {
	deadline := http.NewResponseController(r.w)
	_ = deadline.SetReadDeadline(time.Now().Add(stillTimeout)) // a test's recorder has none
	_ = deadline.SetWriteDeadline(time.Now().Add(stillTimeout + time.Minute))
	return io.ReadAll(http.MaxBytesReader(r.w, r.rawBody, most))
}

func postHelpStill(r *request) (any, error) {
	v, err := r.visit()
	if err != nil {
		return nil, err
	}
	if v.entry.State != "yours" { // before anything is read
		return nil, errNoConsent
	}
	picture, err := r.picture(video.MaxStill)
	if err != nil {
		return nil, err
	}
	if err := v.help.Still(r.Context(), v.token, v.cookie, r.PathValue("still"), picture); err != nil {
		return nil, r.srv.guess(r.Request, err)
	}
	return nil, nil
}

func getHelpStill(r *request) (any, error) {
	help, err := r.help()
	if err != nil {
		return nil, err
	}
	token := r.PathValue("token")
	picture, err := help.FrozenLink(r.Context(), token, r.srv.guestCookie(r.Request, token), r.PathValue("still"))
	if err != nil {
		return nil, r.srv.guess(r.Request, err)
	}
	return nil, writePicture(r.w, "image/jpeg", picture)
}

func getVideoStill(r *request) (any, error) {
	help, err := r.help()
	if err != nil {
		return nil, err
	}
	if err := r.oversight(); err != nil {
		return nil, err
	}
	picture, err := help.Frozen(r.Context(), r.PathValue("id"), r.who.user.ID, r.who.role >= roleSupervisor, r.PathValue("still"))
	if errors.Is(err, video.ErrUnknown) {
		return nil, notFound("still")
	} else if err != nil {
		return nil, err
	}
	return nil, writePicture(r.w, "image/jpeg", picture)
}

// writePicture answers with a picture, which no cache keeps.
func writePicture(w http.ResponseWriter, kind string, picture []byte) error {
	w.Header().Set("Content-Type", kind)
	w.Header().Set("Cache-Control", "private, no-store")
	w.WriteHeader(http.StatusOK)
	_, _ = w.Write(picture)
	return errAnswered
}

// videoLink sends a link.
type videoLink struct {
	To       string `json:"to"`       // a telephone number or an e-mail address
	Language string `json:"language"` // of the message: "en" or "ja"
}

func postVideoLink(r *request) (any, error) {
	help, err := r.help()
	if err != nil {
		return nil, err
	}
	var in videoLink
	if err := r.body(&in); err != nil {
		return nil, err
	}
	if in.To == "" || len(in.To) > 200 || len(in.Language) > 35 {
		return nil, badRequest("bad_address", "Give a telephone number or an e-mail address.")
	}
	if r.srv.cfg.LinkSender == nil {
		return nil, &problem{Status: http.StatusConflict, Code: "no_sender",
			Detail: "This server cannot send messages: start it with --link-webhook, or read the code aloud."}
	}
	err = help.Sent(r.Context(), r.who.user.ID, r.PathValue("id"), func(link string) (string, error) {
		return in.To, r.srv.cfg.LinkSender.SendLink(r.Context(), in.To, link, in.Language)
	})
	return nil, err
}

// videoInvitation asks for a further participant's link.
type videoInvitation struct {
	Role string `json:"role"` // "watch" or "draw"
}

func postVideoInvitation(r *request) (any, error) {
	help, err := r.help()
	if err != nil {
		return nil, err
	}
	var in videoInvitation
	if err := r.body(&in); err != nil {
		return nil, err
	}
	return nil, help.Invite(r.Context(), r.who.user.ID, r.PathValue("id"), in.Role)
}

// videoList is an interaction's video help, oldest first.
type videoList struct {
	Items []video.Summary `json:"items"`
}

func getVideo(r *request) (any, error) {
	detail, err := r.readable()
	if err != nil {
		return nil, err
	}
	events, err := r.srv.cfg.Store.Events(r.Context(), detail.ID)
	if err != nil {
		return nil, err
	}
	return videoList{summaries(events)}, nil
}

// summaries folds a timeline: of each session the last summary counts.
func summaries(events []store.Event) (out []video.Summary) {
	at := map[string]int{}
	for _, e := range events {
		if e.Type != "video_summary" {
			continue
		}
		raw, err := json.Marshal(e.Data)
		var v video.Summary
		if err != nil || json.Unmarshal(raw, &v) != nil {
			continue
		}
		if i, known := at[v.ID]; known {
			out[i] = v
			continue
		}
		at[v.ID] = len(out)
		out = append(out, v)
	}
	return out
}
