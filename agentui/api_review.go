package agentui

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"
	"unicode/utf8"

	"patchbay/media/record"
	"patchbay/store"
)

// reviewedInteraction is an interaction with what is kept of it.
type reviewedInteraction struct {
	store.InteractionDetail
	Recording *store.Recording `json:"recording"` // null where none is kept
	Content   store.Content    `json:"content"`
}

// peaks is the waveform of a recording.
type peaks struct {
	IntervalMS int64     `json:"interval_ms"` // between two values
	DurationMS int64     `json:"duration_ms"`
	Live       bool      `json:"live"`     // the recording goes on
	Customer   []float64 `json:"customer"` // highest sample of the interval, 0…1
	Agents     []float64 `json:"agents"`
	Marks      []mark    `json:"marks"`
	Damage     []string  `json:"damage"` // segments that are not what was written; where they were is silence
}

type mark struct {
	Kind string         `json:"kind"` // such as "held", "resumed", "transferred", "paused", "silenced"
	AtMS int64          `json:"at_ms"`
	Data map[string]any `json:"data"`
}

type noteList struct {
	Items []store.Note `json:"items"`
}

type newNote struct {
	AtMS int64  `json:"at_ms"` // from the customer's 200 OK
	Text string `json:"text"`
}

type newHold struct {
	Reason string `json:"reason"`
}

type rotation struct {
	Keys int `json:"keys"` // that the new master key wraps
}

const (
	maxNoteText   = 5000            // characters
	maxNoteAt     = 7 * 24 * 3600e3 // ms
	maxHoldReason = 500             // characters
	listenPause   = 5 * time.Minute
	soundTimeout  = 30 * time.Minute // a slow reader of a long recording may take that long
)

// reviewed adds to an interaction what is kept of it.
func (r *request) reviewed(detail store.InteractionDetail) (any, error) {
	id := detail.ID
	out := reviewedInteraction{InteractionDetail: detail}
	var err error
	if out.Content, err = r.srv.cfg.Store.Content(r.Context(), id); err != nil {
		return nil, err
	}
	switch rec, err := r.srv.cfg.Store.Recording(r.Context(), id); {
	case err == nil:
		out.Recording = &rec
	case !errors.Is(err, store.ErrNotFound):
		return nil, err
	}
	return out, nil
}

// detail gives the path's interaction.
func (r *request) detail() (store.InteractionDetail, error) {
	id, err := r.id("interaction")
	if err != nil {
		return store.InteractionDetail{}, err
	}
	return r.srv.cfg.Store.Interaction(r.Context(), id)
}

// heard opens the recording of the path's interaction for who may hear it. That there is none is told to everybody who may read it.
func (r *request) heard() (store.InteractionDetail, *record.Sound, error) {
	detail, err := r.readable()
	if err != nil {
		return detail, nil, err
	}
	s, err := r.sound(detail.ID)
	if err != nil {
		return detail, nil, err
	}
	if _, err := r.mine(); err != nil {
		return detail, nil, errors.Join(err, s.Close())
	}
	return detail, s, nil
}

// sound opens an interaction's recording.
func (r *request) sound(id string) (*record.Sound, error) {
	none := &problem{Status: http.StatusNotFound, Code: "no_recording", Detail: "No recording is kept of this interaction."}
	if r.srv.cfg.Recordings == nil {
		return nil, none
	}
	s, err := r.srv.cfg.Recordings.Sound(r.Context(), id)
	if errors.Is(err, record.ErrNone) {
		return nil, none
	}
	if err != nil {
		r.srv.log.Error("recording cannot be read", "interaction", id, "err", err)
		return nil, &problem{Status: http.StatusServiceUnavailable, Code: "recording_unavailable", RetryAfter: 5 * time.Second,
			Detail: "The recording cannot be read just now. If it stays so, ask an administrator to check the bucket: patchbay doctor."}
	}
	return s, nil
}

func getRecording(r *request) (any, error) { return r.serveSound("listen", "inline") }

// serveSound answers with the sound, or the range of it that is asked for (RFC 9110 §14).
func (r *request) serveSound(action, disposition string) (any, error) {
	detail, s, err := r.heard()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	until, err := r.number("until_ms", 0, 1<<40, -1)
	if err != nil {
		return nil, err
	}
	if until >= 0 {
		s.Until(until)
	}
	if r.Method == http.MethodGet {
		r.srv.auditOnce(r, action, detail.ID)
	}
	// A recording is longer than what else is served: its reader has more time.
	_ = http.NewResponseController(r.w).SetWriteDeadline(time.Now().Add(soundTimeout))
	h := r.w.Header()
	h.Set("Content-Type", "audio/ogg")
	h.Set("Content-Disposition", fmt.Sprintf(`%s; filename="%s.ogg"`, disposition, fileName(detail)))
	h.Set("Cache-Control", "no-store")
	// What was sealed never changes in a file of this length, unless a part of it is taken back.
	h.Set("ETag", fmt.Sprintf(`"%d-%d"`, s.Size(), len(s.Marks)))
	http.ServeContent(&rangedWriter{ResponseWriter: r.w}, r.Request, "", time.Time{}, s)
	return nil, errAnswered
}

// fileName names an interaction for a person who keeps files.
func fileName(d store.InteractionDetail) string {
	return "patchbay-" + d.StartedAt.UTC().Format("20060102-150405") + "-" + d.ID[len(d.ID)-6:]
}

func getPeaks(r *request) (any, error) {
	_, s, err := r.heard()
	if err != nil {
		return nil, err
	}
	defer s.Close()
	out := peaks{IntervalMS: record.PeakMS, DurationMS: s.DurationMS, Live: s.Live, Damage: s.Damage,
		Customer: levels(s.Peaks[0]), Agents: levels(s.Peaks[1]), Marks: marksOf(s)}
	return out, nil
}

func levels(b []byte) []float64 {
	out := make([]float64, len(b))
	for i, v := range b {
		out[i] = math.Round(float64(v)/255*1000) / 1000
	}
	return out
}

func marksOf(s *record.Sound) (out []mark) {
	for _, m := range s.Marks {
		out = append(out, mark(m))
	}
	return out
}

func getExport(r *request) (any, error) {
	switch format := r.URL.Query().Get("format"); format {
	case "audio":
		return r.serveSound("export", "attachment")
	case "video":
		return r.exportFilm()
	case "movie":
		return r.serveMovie("export", "attachment")
	case "vtt", "json":
		detail, err := r.mine()
		if err != nil {
			return nil, err
		}
		lines, err := r.srv.cfg.Store.Lines(r.Context(), detail.ID)
		if err != nil {
			return nil, err
		}
		events, err := r.events(r.Context(), detail.ID)
		if err != nil {
			return nil, err
		}
		marks, err := r.marks(detail, events)
		if err != nil {
			return nil, err
		}
		var answer func() (any, error)
		if format == "vtt" {
			answer = func() (any, error) { return nil, r.writeVTT(detail, lines, marks) }
		} else if answer, err = r.exportJSON(exported{Interaction: detail, Lines: lines, Events: events, TranscriptMarks: marks}); err != nil {
			return nil, err
		}
		r.srv.audit(r, "export", detail.ID, map[string]any{"format": format})
		return answer()
	}
	return nil, badRequest("bad_query", "format is movie (sound and picture), audio, video, vtt or json.")
}

// exported is an interaction as a file.
type exported struct {
	Interaction store.InteractionDetail `json:"interaction"`
	Lines       []store.Line            `json:"lines"`
	Events      []store.Event           `json:"events"`
	Notes       []store.Note            `json:"notes"`
	Marks       []mark                  `json:"marks"` // of the recording
	Films       []store.Film            `json:"films"` // recorded pictures

	TranscriptMarks []transcriptMark `json:"transcript_marks"` // what happened between the lines
}

func (r *request) exportJSON(out exported) (func() (any, error), error) {
	detail := out.Interaction
	var err error
	if out.Notes, err = r.srv.cfg.Store.Notes(r.Context(), detail.ID); err != nil {
		return nil, err
	}
	if out.Films, err = r.srv.cfg.Store.Films(r.Context(), detail.ID); err != nil {
		return nil, err
	}
	if s, err := r.sound(detail.ID); err == nil {
		out.Marks = marksOf(s)
		_ = s.Close()
	}
	return func() (any, error) {
		r.w.Header().Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.json"`, fileName(detail)))
		return out, nil
	}, nil
}

// writeVTT answers with WebVTT (W3C): a cue for each line, in the voice of its speaker.
func (r *request) writeVTT(detail store.InteractionDetail, lines []store.Line, marks []transcriptMark) error {
	language, err := r.captions(detail, lines)
	if err != nil {
		return err
	}
	cues := vttMarks(marks, language)
	for _, l := range lines {
		speaker := l.Name
		if speaker == "" {
			speaker = vttWords[language][l.Speaker]
		}
		text := "<v " + vttEscape.Replace(speaker) + ">" + vttEscape.Replace(l.Text)
		if l.Translation != "" { // <lang> says what a part is in (WebVTT §3.2)
			text += "\n<lang en>" + vttEscape.Replace("(machine translation: "+l.Translation+")") + "</lang>"
		}
		cues = append(cues, vttCue{l.ID, l.StartMS, max(l.EndMS, l.StartMS+1), text}) // a cue ends behind its beginning
	}
	slices.SortStableFunc(cues, func(a, b vttCue) int { return cmp.Compare(a.startMS, b.startMS) })
	var b strings.Builder
	b.WriteString("WEBVTT\n")
	for _, c := range cues {
		fmt.Fprintf(&b, "\n%s\n%s --> %s\n%s\n", vttEscape.Replace(c.id), vttTime(c.startMS), vttTime(c.end), c.text)
	}
	h := r.w.Header()
	h.Set("Content-Type", "text/vtt; charset=utf-8")
	h.Set("Content-Disposition", fmt.Sprintf(`attachment; filename="%s.vtt"`, fileName(detail)))
	h.Set("Cache-Control", "no-store")
	_, _ = io.WriteString(r.w, b.String())
	return errAnswered
}

func vttTime(ms int64) string {
	return fmt.Sprintf("%02d:%02d:%02d.%03d", ms/3600000, ms/60000%60, ms/1000%60, ms%1000)
}

func getNotes(r *request) (any, error) {
	detail, err := r.mine()
	if err != nil {
		return nil, err
	}
	notes, err := r.srv.cfg.Store.Notes(r.Context(), detail.ID)
	return noteList{Items: notes}, err
}

func postNote(r *request) (any, error) {
	detail, err := r.mine()
	if err != nil {
		return nil, err
	}
	var v newNote
	if err := r.body(&v); err != nil {
		return nil, err
	}
	text := r.srv.cfg.Center.MaskText(strings.TrimSpace(v.Text), true)
	switch {
	case text == "" || utf8.RuneCountInString(text) > maxNoteText || strings.ContainsRune(text, 0):
		return nil, badRequest("bad_note", "text has 1 to 5000 characters, and none of value 0.")
	case v.AtMS < 0 || v.AtMS > maxNoteAt:
		return nil, badRequest("bad_note", "at_ms counts milliseconds from the beginning of the call.")
	}
	n, err := r.srv.cfg.Store.AddNote(r.Context(), store.Note{InteractionID: detail.ID, Author: r.who.user.ID, AtMS: v.AtMS, Text: text})
	if errors.Is(err, store.ErrNotFound) {
		return nil, &problem{Status: http.StatusConflict, Code: "erased", Detail: "What was said in this interaction is erased: it takes no notes."}
	}
	if err != nil {
		return nil, err
	}
	n.AuthorName = r.who.user.Name
	r.srv.audit(r, "add_note", detail.ID, map[string]any{"note": n.ID})
	return n, nil
}

func deleteNote(r *request) (any, error) {
	detail, err := r.mine()
	if err != nil {
		return nil, err
	}
	author := r.who.user.ID
	if r.who.role >= roleSupervisor {
		author = ""
	}
	if err := r.srv.cfg.Store.DeleteNote(r.Context(), detail.ID, r.PathValue("note"), author); err != nil {
		return nil, err
	}
	r.srv.audit(r, "delete_note", detail.ID, map[string]any{"note": r.PathValue("note")})
	return nil, nil
}

func putHold(r *request) (any, error) {
	detail, err := r.readable()
	if err != nil {
		return nil, err
	}
	id := detail.ID
	var v newHold
	if err := r.body(&v); err != nil {
		return nil, err
	}
	reason := strings.TrimSpace(v.Reason)
	if reason == "" || utf8.RuneCountInString(reason) > maxHoldReason || strings.ContainsRune(reason, 0) {
		return nil, badRequest("bad_hold", "reason has 1 to 500 characters: a hold without one is never ended.")
	}
	if err := r.srv.cfg.Center.SetLegalHold(r.Context(), id, true); err != nil { // first: no "do not record" may come in between
		return nil, err
	}
	if err := r.srv.cfg.Store.SetHold(r.Context(), id, r.who.user.ID, reason, r.srv.now()); err != nil {
		if errors.Is(err, store.ErrErased) {
			err = &problem{Status: http.StatusConflict, Code: "erased", Detail: "What was said in this interaction is erased: there is nothing to hold."}
		}
		r.forgetHold(id)
		return nil, err
	}
	r.srv.audit(r, "legal_hold", id, map[string]any{"reason": reason})
	return r.srv.cfg.Store.Content(r.Context(), id)
}

// forgetHold takes back what a call was told of a hold that was not kept, unless there was one before.
func (r *request) forgetHold(id string) {
	ctx := context.WithoutCancel(r.Context())
	if c, err := r.srv.cfg.Store.Content(ctx, id); err != nil || c.HoldAt != nil {
		return // not known: it stays held, and "do not record" is done when somebody ends the hold
	}
	_ = r.srv.cfg.Center.SetLegalHold(ctx, id, false) // fails only where the server stops
}

// eraseDue erases what was to be erased while a hold kept it. Where that fails the nightly sweep does it.
func (r *request) eraseDue(id string) error {
	if r.srv.cfg.Recordings == nil {
		return nil
	}
	ctx := context.WithoutCancel(r.Context())
	content, err := r.srv.cfg.Store.Content(ctx, id)
	if err != nil || content.DueAt == nil || content.ErasedAt != nil {
		return err
	}
	if err := r.srv.cfg.Recordings.Erase(ctx, id, r.who.user.ID, "discarded"); err != nil {
		return err
	}
	r.srv.audit(r, "erase_content", id, map[string]any{"reason": "discarded"})
	return nil
}

func deleteHold(r *request) (any, error) {
	detail, err := r.readable()
	if err != nil {
		return nil, err
	}
	id := detail.ID
	if err := r.srv.cfg.Store.SetHold(r.Context(), id, "", "", time.Time{}); err != nil {
		return nil, err
	}
	r.srv.audit(r, "end_legal_hold", id, nil)
	if err := r.srv.cfg.Center.SetLegalHold(r.Context(), id, false); err != nil {
		return nil, err
	}
	return nil, r.eraseDue(id)
}

func deleteContent(r *request) (any, error) {
	detail, err := r.readable()
	if err != nil {
		return nil, err
	}
	id := detail.ID
	if r.srv.cfg.Recordings == nil {
		return nil, notFound("recording")
	}
	err = r.srv.cfg.Recordings.Erase(context.WithoutCancel(r.Context()), id, r.who.user.ID, "asked") // once begun, it is brought to its end
	if errors.Is(err, store.ErrHeld) {
		return nil, &problem{Status: http.StatusConflict, Code: "legal_hold", Detail: "A legal hold keeps what was said. End the hold first."}
	}
	if err != nil {
		return nil, err
	}
	r.srv.audit(r, "erase_content", id, map[string]any{"reason": "asked"})
	return nil, nil
}

func postRotation(r *request) (any, error) {
	if r.srv.cfg.Recordings == nil {
		return nil, notFound("recording")
	}
	n, err := r.srv.cfg.Recordings.RotateKey()
	if err != nil {
		return nil, &problem{Status: http.StatusConflict, Code: "not_rotated", Detail: err.Error()}
	}
	r.srv.audit(r, "rotate_key", "", map[string]any{"keys": n})
	return rotation{Keys: n}, nil
}

// listened remembers who listened to what, so that a player which asks range by range is one entry of the audit trail.
type listened struct {
	mu sync.Mutex
	at map[string]time.Time
}

// first tells whether who has not done what within listenPause.
func (l *listened) first(key string, now time.Time) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at, ok := l.at[key]; ok && now.Sub(at) < listenPause {
		return false
	}
	for k, at := range l.at {
		if now.Sub(at) >= listenPause {
			delete(l.at, k)
		}
	}
	if l.at == nil {
		l.at = map[string]time.Time{}
	}
	l.at[key] = now
	return true
}

func (s *Server) auditOnce(r *request, action, object string) {
	if s.listened.first(r.who.user.ID+" "+action+" "+object, s.now()) {
		s.audit(r, action, object, nil)
	}
}
