package record

import (
	"bytes"
	"context"
	"crypto/md5"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/google/uuid"
	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"patchbay/media/record/seal"
)

// ObjectName is the name of a recording in the bucket: by day, so that a person finds it and a listing stays short. A film's
// begins as the interaction's.
func ObjectName(id string) string {
	day := "other"
	whose, _, _ := strings.Cut(id, ".")
	if u, err := uuid.Parse(whose); err == nil && u.Version() == 7 { // RFC 9562 §5.7: the first 48 bits are milliseconds
		sec, nsec := u.Time().UnixTime()
		day = time.Unix(sec, nsec).UTC().Format("2006/01/02")
	}
	return day + "/" + id + ".rec"
}

// Run copies what is finished to the bucket, and removes from it what is erased, until ctx ends. It never gives up: a
// bucket that is down, full or slow is tried again, and the spool keeps the recording until the bucket has it.
func (v *Vault) Run(ctx context.Context) error {
	pause := v.first
	for {
		err := v.uploadAll(ctx)
		if ctx.Err() != nil {
			return nil
		}
		v.note(err)
		var again <-chan time.Time
		if err != nil {
			again = time.After(pause)
			pause = min(2*pause, v.most)
		} else {
			pause = v.first
		}
		select {
		case <-ctx.Done():
			return nil
		case <-again:
		case <-v.wake:
		}
	}
}

// note remembers how the bucket is, and logs a change.
func (v *Vault) note(err error) {
	v.trouble.Lock()
	was := v.failure
	v.failure = err
	v.trouble.Unlock()
	switch {
	case err != nil && was == nil:
		v.log.Error("recordings cannot be copied to the bucket; they stay in the spool and are tried again", "err", err)
	case err == nil && was != nil:
		v.log.Info("recordings are copied to the bucket again")
	}
}

// Trouble is why the last try to reach the bucket failed; nil where it did not.
func (v *Vault) Trouble() error {
	v.trouble.Lock()
	defer v.trouble.Unlock()
	return v.failure
}

// Waiting is the number of finished recordings that are not in the bucket yet.
func (v *Vault) Waiting() int {
	names, _ := filepath.Glob(filepath.Join(v.dir, "*"+sealedSuffix))
	return len(names)
}

// uploadAll tries everything that waits once. One that fails does not hold up the others.
func (v *Vault) uploadAll(ctx context.Context) error {
	names, err := os.ReadDir(v.dir)
	if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	var failed error
	for _, e := range names {
		if ctx.Err() != nil {
			return nil
		}
		id, isSealed := strings.CutSuffix(e.Name(), sealedSuffix)
		gone, isErased := strings.CutSuffix(e.Name(), eraseSuffix)
		switch {
		case isSealed:
			err = v.upload(ctx, id)
		case isErased:
			err = v.removeObject(ctx, gone)
		default:
			continue
		}
		if err != nil {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// upload copies one recording, makes sure that the bucket has it, and only then lets go of the spool's. However long the
// bucket takes, nobody who changes or erases the recording waits for it.
func (v *Vault) upload(ctx context.Context, id string) error {
	path := v.sealedPath(id)
	content, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil // erased meanwhile
	} else if err != nil {
		return fmt.Errorf("record: %w", err)
	}
	f, err := seal.Read(bytes.NewReader(content), int64(len(content)), v.keyOf)
	if errors.Is(err, seal.ErrNoKey) {
		unlock := v.lock(id)
		defer unlock()
		return v.removeFiles(id) // a crash came between its key's end and its own
	} else if err != nil {
		v.log.Error("a spooled recording is damaged; it is kept as it is", "interaction", id, "err", err)
	}
	ctx, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	name, sum := ObjectName(id), md5.Sum(content)
	err = v.bucket.WriteAll(ctx, name, content, &blob.WriterOptions{ContentType: "application/octet-stream", ContentMD5: sum[:], DisableContentTypeDetection: true})
	if err != nil {
		return fmt.Errorf("record: copy to the bucket: %w", err)
	}
	got, err := v.bucket.Attributes(ctx, name)
	if err != nil {
		return fmt.Errorf("record: confirm in the bucket: %w", err)
	}
	if got.Size != int64(len(content)) || len(got.MD5) > 0 && !bytes.Equal(got.MD5, sum[:]) {
		return fmt.Errorf("record: the bucket has %d bytes of %s, not %d", got.Size, name, len(content))
	}
	s := Stored{ID: id, Bytes: int64(len(content)), Object: name}
	if whose, _, film := strings.Cut(id, "."); film {
		s.ID = whose
		if f == nil {
			return fmt.Errorf("record: the picture %s is damaged", id)
		}
		sum, err := summarizeFilm(f)
		if err != nil {
			return fmt.Errorf("record: the picture %s is damaged: %w", id, err)
		}
		s.StartedAt, s.DurationMS, s.Recovered, s.Film = f.Header.Started, sum.durationMS, sum.recovered, sum.head.film()
		if report, err := f.Verify(); err == nil {
			s.Chain = report.Chain
		}
	} else if f != nil {
		sum := summarize(f)
		s.StartedAt = f.Header.Started
		s.DurationMS, s.Recovered = sum.frames*frameMS, sum.recovered
		if report, err := f.Verify(); err == nil {
			s.Chain = report.Chain
		}
	}
	unlock := v.lock(id)
	defer unlock()
	switch now, err := os.ReadFile(path); {
	case errors.Is(err, os.ErrNotExist): // erased meanwhile, and the object may have been looked for too early
		v.noteObject(id)
		v.poke()
		return nil
	case err != nil:
		return fmt.Errorf("record: %w", err)
	case !bytes.Equal(now, content): // a part was taken back meanwhile
		v.poke()
		return nil
	}
	if err := os.Remove(path); err != nil {
		return fmt.Errorf("record: %w", err)
	}
	v.onStored(s)
	return nil
}

// removeObject removes what the bucket has of an erased recording.
func (v *Vault) removeObject(ctx context.Context, id string) error {
	ctx, cancel := context.WithTimeout(ctx, v.timeout)
	defer cancel()
	names := []string{ObjectName(id)}
	// Its films are known by their names only: who erases may be another process than the one that wrote them.
	begins := strings.TrimSuffix(names[0], "rec")
	for list := v.bucket.List(&blob.ListOptions{Prefix: begins}); ; {
		o, err := list.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return fmt.Errorf("record: list the bucket: %w", err)
		}
		if o.Key != names[0] && strings.HasSuffix(o.Key, ".rec") {
			names = append(names, o.Key)
		}
	}
	for _, name := range names {
		if err := v.bucket.Delete(ctx, name); err != nil && gcerrors.Code(err) != gcerrors.NotFound {
			return fmt.Errorf("record: remove from the bucket: %w", err)
		}
	}
	if err := os.Remove(v.erasePath(id)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("record: %w", err)
	}
	return nil
}

// copySilenced writes a copy of a file, without what the spans cover and under a new key, in the place of to. A mark, if
// any, is put ahead of the end.
func (v *Vault) copySilenced(id string, content *seal.File, to string, spans []span, m *Mark) (seal.Key, error) {
	key, err := v.keys.New(id)
	if err != nil {
		return seal.Key{}, err
	}
	tmp := filepath.Join(v.dir, id+newSuffix)
	w, err := seal.Create(tmp, content.Header, key, v.create)
	if err != nil {
		return seal.Key{}, err
	}
	for i, s := range content.Segments() {
		plain, err := content.Open(i, nil)
		if errors.Is(err, seal.ErrDamaged) {
			v.log.Error("a damaged segment is left out of the copy", "interaction", id, "segment", s.Index)
			continue
		}
		if err == nil && s.Kind == kindAudio {
			if plain = silencedPlain(plain, spans); plain == nil {
				err = errPage
			}
		}
		if err == nil && s.Kind == kindEnd && m != nil {
			err = w.Append(kindMark, encode(m))
		}
		if err == nil {
			err = w.Append(s.Kind, plain)
		}
		if err != nil {
			return seal.Key{}, errors.Join(err, w.Close(), os.Remove(tmp))
		}
	}
	err = errors.Join(w.Sync(), w.Close())
	if err == nil {
		err = os.Rename(tmp, to)
	}
	if err != nil {
		return seal.Key{}, errors.Join(err, os.Remove(tmp))
	}
	return key, nil
}

// Silence takes a stretch out of a recording that is finished, as Recorder.Silence does out of one that goes on. It returns
// at once.
func (v *Vault) Silence(id string, fromMS, toMS int64) {
	if toMS > fromMS && seal.ValidID(id) {
		s := spanOf(fromMS, toMS)
		v.background(func() { v.silenceStored(id, s) })
	}
}

// silenceStored takes a stretch out of a recording that is finished, in the spool or in the bucket. Where that cannot be
// done the recording is destroyed: what must not be kept is not kept.
func (v *Vault) silenceStored(id string, s span) {
	err := v.rewriteStored(id, s)
	if err == nil || errors.Is(err, ErrNone) {
		return
	}
	v.log.Error("a part of a finished recording cannot be taken back: all of it is destroyed", "interaction", id, "err", err)
	v.eraseOrLog(id)
}

func (v *Vault) rewriteStored(id string, s span) error {
	unlock := v.lock(id)
	defer unlock()
	ctx, cancel := context.WithTimeout(context.Background(), v.timeout)
	defer cancel()
	content, err := v.sealedBytes(ctx, id)
	if err != nil {
		return err
	}
	f, err := seal.Read(bytes.NewReader(content), int64(len(content)), v.keyOf)
	if err != nil {
		return err
	}
	key, err := v.copySilenced(id, f, v.sealedPath(id), []span{s}, &Mark{Kind: "silenced", AtMS: s.from * frameMS, Data: map[string]any{"to_ms": s.to * frameMS}})
	if err != nil {
		return err
	}
	v.cache.drop(id)
	v.poke() // the bucket gets the new one in the place of the old
	return v.keys.Keep(id, key.ID)
}
