package agentui

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pion/rtp"

	"patchbay/media"
	"patchbay/media/mediatest"
	"patchbay/media/record"
	"patchbay/media/record/seal"
	"patchbay/store"
	"patchbay/store/pgtest"
)

func (f *fakeStore) Segments(context.Context, string) ([]store.Segment, error) { return nil, nil }
func (f *fakeStore) Recording(context.Context, string) (store.Recording, error) {
	return store.Recording{}, store.ErrNotFound
}
func (f *fakeStore) Content(context.Context, string) (store.Content, error) {
	return store.Content{}, nil
}
func (f *fakeStore) SetHold(context.Context, string, string, string, time.Time) error {
	return nil
}
func (f *fakeStore) AddNote(_ context.Context, n store.Note) (store.Note, error) { return n, nil }
func (f *fakeStore) Films(context.Context, string) ([]store.Film, error)         { return nil, nil }
func (f *fakeStore) Notes(context.Context, string) ([]store.Note, error)         { return nil, nil }
func (f *fakeStore) VideoSessions(context.Context, string, time.Time, int, *store.Scope) ([]store.VideoSession, error) {
	return nil, nil
}
func (f *fakeStore) DeleteNote(context.Context, string, string, string) error {
	return store.ErrNotFound
}

// keptSound is Recordings over a vault of a test.
type keptSound struct {
	vault *record.Vault
	keys  *seal.Keys
	st    *store.Store
}

func (k keptSound) Sound(ctx context.Context, id string) (*record.Sound, error) {
	return k.vault.Sound(ctx, id)
}
func (k keptSound) Verify(ctx context.Context, id string) (RecordingReport, error) {
	return k.vault.Verify(ctx, id)
}
func (k keptSound) Originals(_ context.Context, id string) ([]store.Line, error) {
	if strings.HasSuffix(id, "2") { // of newAccessRig: nothing was masked
		return nil, nil
	}
	return []store.Line{{InteractionID: id, ID: "2", StartMS: 9, Text: "and 9424"}, {InteractionID: id, ID: "1", StartMS: 3, Text: "6011 0009"}}, nil
}
func (k keptSound) OpenFilm(ctx context.Context, id string, atMS int64) (*record.FilmFile, error) {
	return k.vault.OpenFilm(ctx, id, atMS)
}
func (k keptSound) OpenMovie(ctx context.Context, id string, films []int64, only int64) (*record.Movie, error) {
	return k.vault.OpenMovie(ctx, id, films, only)
}
func (k keptSound) RotateKey() (int, error) { return k.keys.Rotate(time.Now()) }
func (k keptSound) Erase(ctx context.Context, id, by, reason string) error {
	return k.st.EraseContent(ctx, store.Erasure{InteractionID: id, At: time.Now(), By: by, Reason: reason},
		func(ctx context.Context) error { return k.vault.Erase(ctx, id) })
}

// TestReview: a recording by byte range, its waveform, notes, export, legal hold and erasure, each for who may.
func TestReview(t *testing.T) {
	st := pgtest.Fresh(t)
	if err := st.SeedDemo(t.Context(), testHash()); err != nil {
		t.Fatal(err)
	}
	keepCall(t, st)
	journal, err := store.NewJournal(store.JournalConfig{Dir: t.TempDir(), Store: st})
	if err != nil {
		t.Fatal(err)
	}
	journal.SaveSegment(store.Segment{ID: "1", InteractionID: someUUID, AgentID: "akiko", StartedAt: time.Now()})

	dir := t.TempDir()
	keys, err := seal.OpenKeys(seal.KeysConfig{Dir: filepath.Join(dir, "keys")})
	if err != nil {
		t.Fatal(err)
	}
	bucket, err := record.OpenBucket(t.Context(), filepath.Join(dir, "bucket"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = bucket.Close() })
	r := newRig(t, func(c *Config) {
		c.Store = st
		vault, err := record.Open(record.Config{Dir: filepath.Join(dir, "spool"), Keys: keys, Bucket: bucket, Log: c.Log, OnStored: func(s record.Stored) {
			if s.Film != nil {
				journal.SaveFilm(store.Film{InteractionID: s.ID, AtMS: s.Film.AtMS, State: "spooled", StartedAt: s.StartedAt, DurationMS: s.DurationMS, Codec: s.Film.Codec})
			}
		}})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(vault.Close)
		c.Recordings = keptSound{vault, keys, st}
		rec, err := vault.Record(record.Start{ID: someUUID, At: time.Now()})
		if err != nil {
			t.Fatal(err)
		}
		tone := mediatest.NewTone(437, -12)
		var f, silence media.Frame
		for range 200 {
			tone.ReadFrame(&f)
			rec.Customer().WriteFrame(&f)
			rec.Agents().WriteFrame(&silence)
		}
		rec.Mark("held", nil)
		rec.Finish()
		<-rec.Done()
		film, err := vault.Film(record.FilmStart{ID: someUUID, Zero: func() time.Time { return time.Now().Add(-time.Second) }, Keyframe: func() {}})
		if err != nil {
			t.Fatal(err)
		}
		for i := range uint16(10) { // VP8: the descriptor, then a key frame's head of 320×180 (RFC 7741 §4.2, RFC 6386 §9.1)
			film.Packet("VP8", &rtp.Header{SequenceNumber: i, Timestamp: 4500 * uint32(i), SSRC: 1, Marker: true}, []byte{0x10, 0x10, 0, 0, 0x9d, 1, 0x2a, 64, 1, 180, 0})
		}
		film.Finish()
		<-film.Done()
	})
	ctx, cancel := context.WithCancel(t.Context())
	ran := make(chan error, 1)
	go func() { ran <- journal.Run(ctx) }()
	if err := journal.Flush(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	<-ran
	_ = journal.Close()
	clients := map[string]*client{}
	for _, user := range []string{"akiko", "ben", "sofia", "admin"} {
		c := r.client()
		if status, body := c.do("POST", "/api/v1/login", login{user, testPassword}); status != 200 {
			t.Fatal(status, body)
		}
		clients[user] = c
	}
	const at = "/api/v1/interactions/" + someUUID
	expect := func(user, method, path string, body any, status int, holds ...string) string {
		t.Helper()
		got, text := clients[user].do(method, path, body)
		if got != status {
			t.Errorf("%s %s by %s: %d %s, want %d", method, path, user, got, text, status)
		}
		for _, want := range holds {
			if !strings.Contains(text, want) {
				t.Errorf("%s %s: %s lacks %s", method, path, text, want)
			}
		}
		return text
	}
	whole := expect("akiko", "GET", at+"/recording", nil, 200, "OggS", "OpusHead")
	expect("ben", "GET", at+"/recording", nil, 403, "not_yours")
	expect("sofia", "GET", at+"/recording", nil, 200, "OggS")
	expect("ben", "GET", at+"/peaks", nil, 403)
	expect("akiko", "GET", at+"/peaks", nil, 200, `"interval_ms":100`, `"duration_ms":4000`, `"customer":[0.2`, `"kind":"held"`, `"live":false`)
	expect("akiko", "GET", at, nil, 200, `"recording":null`, `"erased_at":null`)

	movie := expect("akiko", "GET", at+"/movie", nil, 200, "webm", "V_VP8", "A_OPUS", "OpusHead")
	expect("ben", "GET", at+"/movie", nil, 403, "not_yours")
	expect("ben", "GET", at+"/export?format=movie", nil, 403, "not_yours")
	expect("sofia", "GET", at+"/movie?film=77", nil, 404, "no_film")
	expect("sofia", "GET", at+"/movie?film=x", nil, 400, "film")
	if got := expect("sofia", "GET", at+"/export?format=movie", nil, 200); got != movie {
		t.Error("the movie that is saved is another")
	}
	request := func(method, ranged string) (*http.Response, string) {
		t.Helper()
		req, err := http.NewRequest(method, r.url+at+"/recording", nil)
		if err != nil {
			t.Fatal(err)
		}
		if ranged != "" {
			req.Header.Set("Range", ranged)
		}
		res, err := clients["akiko"].http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, _ := io.ReadAll(res.Body)
		return res, string(b)
	}
	res, part := request("GET", "bytes=100-299")
	if res.StatusCode != 206 || part != whole[100:300] || res.Header.Get("Content-Type") != "audio/ogg" {
		t.Errorf("a range: %s, %d bytes, %s", res.Status, len(part), res.Header.Get("Content-Type"))
	}
	if res, body := request("HEAD", ""); res.StatusCode != 200 || res.ContentLength != int64(len(whole)) || body != "" || res.Header.Get("Accept-Ranges") != "bytes" {
		t.Errorf("HEAD: %s, %d bytes", res.Status, res.ContentLength)
	}
	if res, body := request("GET", "bytes=999999999-"); res.StatusCode != 416 || res.Header.Get("Content-Type") != "application/problem+json" ||
		res.Header.Get("Content-Range") != fmt.Sprintf("bytes */%d", len(whole)) || !strings.Contains(body, `"bad_range"`) {
		t.Errorf("beyond the end: %s", res.Status)
	}

	if part := expect("akiko", "GET", at+"/recording?until_ms=2000", nil, 200); !strings.HasPrefix(whole, part) || len(part) > len(whole)*3/4 {
		t.Errorf("until 2 s: %d bytes of %d", len(part), len(whole))
	}
	expect("akiko", "GET", at+"/recording?until_ms=x", nil, 400, "until_ms")
	note := expect("akiko", "POST", at+"/notes", newNote{AtMS: 1500, Text: " Asked for a refund. "}, 201, `"text":"Asked for a refund."`)
	expect("akiko", "POST", at+"/notes", newNote{AtMS: -1, Text: "x"}, 400, "at_ms")
	expect("akiko", "POST", at+"/notes", newNote{Text: ""}, 400, "text")
	expect("ben", "GET", at+"/notes", nil, 403)
	expect("sofia", "GET", at+"/notes", nil, 200, `"author_name":"`, `"at_ms":1500`)
	var made store.Note
	unmarshal(t, []byte(note), &made)

	expect("akiko", "GET", at+"/export?format=vtt", nil, 200, "WEBVTT\n", "00:00:01.500 --> 00:00:02.000\n<v Customer>Hello.\n<lang en>(machine translation: Hello &amp; welcome.)</lang>\n")
	expect("akiko", "GET", at+"/export?format=json", nil, 200, `"text":"Hello."`, `"translation":"Hello \u0026 welcome."`, "Asked for a refund.", `"kind":"held"`)
	if got := expect("akiko", "GET", at+"/export?format=audio", nil, 200); got != whole {
		t.Error("the export is another sound")
	}
	expect("akiko", "GET", at+"/export?format=mp3", nil, 400, "vtt")
	expect("akiko", "DELETE", at+"/notes/"+made.ID, nil, 204)

	expect("akiko", "PUT", at+"/legal_hold", newHold{"a lawsuit"}, 403)
	expect("sofia", "PUT", at+"/legal_hold", newHold{""}, 400, "reason")
	expect("sofia", "PUT", at+"/legal_hold", newHold{"a lawsuit"}, 200, `"hold_by":"sofia"`)
	expect("akiko", "DELETE", at+"/content", nil, 403)
	expect("sofia", "DELETE", at+"/content", nil, 409, "legal_hold")
	expect("akiko", "GET", at+"/movie", nil, 200, "A_OPUS") // what is held can be seen
	expect("sofia", "DELETE", at+"/legal_hold", nil, 204)
	expect("admin", "POST", "/api/v1/recording_keys/rotate", nil, 200, `"keys":2`) // of sound and picture
	expect("sofia", "GET", at+"/recording", nil, 200, "OggS")
	expect("sofia", "DELETE", at+"/content", nil, 204)
	expect("sofia", "GET", at+"/recording", nil, 404, "no_recording")
	expect("sofia", "GET", at+"/movie", nil, 404, "no_film")
	expect("sofia", "GET", at+"/transcript", nil, 200, `"lines":[]`)
	expect("sofia", "GET", at, nil, 200, `"erased_by":"sofia"`)
	expect("sofia", "POST", at+"/notes", newNote{Text: "late"}, 409, "erased")
	expect("admin", "GET", "/api/v1/audit", nil, 200, `"listen"`, `"export"`, `"erase_content"`, `"legal_hold"`, `"rotate_key"`, `"add_note"`)

	queues, err := st.Queues(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	queue := "/api/v1/queues/" + queues[0].ID
	expect("admin", "PATCH", queue, map[string]any{"recording": "ask", "retention_days": 30}, 200, `"recording":"ask"`, `"retention_days":30`)
	expect("admin", "PATCH", queue, map[string]any{"recording": "perhaps"}, 400, "on, off or ask")
	expect("admin", "PATCH", queue, map[string]any{"retention_days": -1}, 400, "retention_days")
}
