package agentui

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"

	"patchbay/media/record"
	"patchbay/store"
)

// filmList is what was recorded of an interaction's video help, by when it began.
type filmList struct {
	Items []store.Film `json:"items"`
}

func getFilms(r *request) (any, error) {
	detail, err := r.mine()
	if err != nil {
		return nil, err
	}
	films, err := r.srv.cfg.Store.Films(r.Context(), detail.ID)
	return filmList{films}, err
}

func getFilm(r *request) (any, error) {
	at, err := strconv.ParseInt(r.PathValue("film"), 10, 64)
	if err != nil {
		return nil, notFound("film")
	}
	return r.serveFilm(at, "watch_film", "inline")
}

// exportFilm answers with a film as a file: the one that is asked for, or the first.
func (r *request) exportFilm() (any, error) {
	at, err := r.number("film", 0, 1<<40, -1)
	if err != nil {
		return nil, err
	}
	if at < 0 {
		detail, err := r.mine()
		if err != nil {
			return nil, err
		}
		films, err := r.srv.cfg.Store.Films(r.Context(), detail.ID)
		if err != nil {
			return nil, err
		}
		if len(films) == 0 {
			return nil, errNoFilm
		}
		at = films[0].AtMS
	}
	return r.serveFilm(at, "export", "attachment")
}

var errNoFilm = &problem{Status: http.StatusNotFound, Code: "no_film", Detail: "No picture is kept there."}

// serveFilm answers with the picture, or the range of it that is asked for (RFC 9110 §14), to who may review the interaction.
func (r *request) serveFilm(at int64, action, disposition string) (any, error) {
	detail, err := r.mine()
	if err != nil {
		return nil, err
	}
	if r.srv.cfg.Recordings == nil {
		return nil, errNoFilm
	}
	f, err := r.srv.cfg.Recordings.OpenFilm(r.Context(), detail.ID, at)
	if err != nil {
		return nil, r.noFilm(detail.ID, err)
	}
	defer f.Close()
	return r.servePicture(detail, f, action, disposition, fmt.Sprintf("film-%d", at), f.Type)
}

// noFilm is the answer to a picture that cannot be opened.
func (r *request) noFilm(id string, err error) error {
	if errors.Is(err, record.ErrNone) {
		return errNoFilm
	}
	r.srv.log.Error("recorded picture cannot be read", "interaction", id, "err", err)
	return &problem{Status: http.StatusServiceUnavailable, Code: "recording_unavailable", RetryAfter: 5 * time.Second,
		Detail: "The recording cannot be read just now. If it stays so, ask an administrator to check the bucket: patchbay doctor."}
}

// sizedFile is a file that is made while it is read.
type sizedFile interface {
	io.ReadSeeker
	Size() int64
}

// servePicture answers with a file of pictures, named for a person who keeps files.
func (r *request) servePicture(detail store.InteractionDetail, f sizedFile, action, disposition, name, mediaType string) (any, error) {
	if r.Method == http.MethodGet {
		r.srv.auditOnce(r, action, detail.ID)
	}
	_ = http.NewResponseController(r.w).SetWriteDeadline(time.Now().Add(soundTimeout))
	ending := "webm"
	if mediaType == "video/x-matroska" {
		ending = "mkv"
	}
	h := r.w.Header()
	h.Set("Content-Type", mediaType)
	h.Set("Content-Disposition", fmt.Sprintf(`%s; filename="%s-%s.%s"`, disposition, fileName(detail), name, ending))
	h.Set("Cache-Control", "no-store")
	h.Set("ETag", fmt.Sprintf(`"%s-%d"`, name, f.Size()))
	http.ServeContent(&rangedWriter{ResponseWriter: r.w}, r.Request, "", time.Time{}, f)
	return nil, errAnswered
}

func getMovie(r *request) (any, error) { return r.serveMovie("watch_film", "inline") }

// serveMovie answers with sound and pictures in one file, to who may review the interaction.
func (r *request) serveMovie(action, disposition string) (any, error) {
	only, err := r.number("film", 0, 1<<40, -1)
	if err != nil {
		return nil, err
	}
	detail, err := r.mine()
	if err != nil {
		return nil, err
	}
	if r.srv.cfg.Recordings == nil {
		return nil, errNoFilm
	}
	films, err := r.srv.cfg.Store.Films(r.Context(), detail.ID)
	if err != nil {
		return nil, err
	}
	var begun []int64
	for _, f := range films {
		begun = append(begun, f.AtMS)
	}
	m, err := r.srv.cfg.Recordings.OpenMovie(r.Context(), detail.ID, begun, only)
	if err != nil {
		return nil, r.noFilm(detail.ID, err)
	}
	defer m.Close()
	name := "movie"
	if only >= 0 {
		name = fmt.Sprintf("movie-%d", only)
	}
	return r.servePicture(detail, m, action, disposition, name, m.Type)
}

// videoSessions is how video helps ended, newest first.
type videoSessions struct {
	Items []store.VideoSession `json:"items"`
}

// getVideoSessions lists how video helps ended, of what the caller may read.
func getVideoSessions(r *request) (any, error) {
	customer := r.URL.Query().Get("customer")
	limit, err := r.number("limit", 1, 200, 50)
	if err != nil {
		return nil, err
	}
	var before time.Time
	if text := r.URL.Query().Get("before"); text != "" {
		if before, err = time.Parse(time.RFC3339, text); err != nil {
			return nil, badRequest("bad_query", "before is a time as in RFC 3339.")
		}
	}
	items, err := r.srv.cfg.Store.VideoSessions(r.Context(), customer, before, int(limit), r.scope())
	return videoSessions{items}, err
}
