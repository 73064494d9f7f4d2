package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync/atomic"
	"time"

	"github.com/google/uuid"

	"patchbay/acd"
	"patchbay/acd/video"
	"patchbay/media/record"
	"patchbay/media/record/seal"
	"patchbay/store"
)

const (
	sweepHour  = 3                   // o'clock, local: what has been kept long enough is erased
	sweepBatch = 500                 // interactions at a time
	masterAge  = 30 * 24 * time.Hour // a master key of ours is replaced after that
)

// keeper brings recordings, records and retention together: it records for the contact centre and keeps for the desk.
type keeper struct {
	vault   *record.Vault
	keys    *seal.Keys
	store   *store.Store
	journal *store.Journal
	log     *slog.Logger

	stopped atomic.Int32 // recordings that the disk does not take now
}

var _ acd.Recorder = (*keeper)(nil)

// recordingsDir is where spool, keys and, without another bucket, finished recordings lie.
func (s *settings) recordingsDir() string { return filepath.Join(s.DataDir, "recordings") }

func (s *settings) bucket() string {
	if s.Recordings != "" {
		return s.Recordings
	}
	return filepath.Join(s.recordingsDir(), "bucket")
}

func (s *settings) openKeys() (*seal.Keys, error) {
	return seal.OpenKeys(seal.KeysConfig{Dir: filepath.Join(s.recordingsDir(), "keys"), Master: s.RecordingKeys})
}

// openKeeper opens the recordings, and closes those that a crash left open.
func (c *centre) openKeeper(ctx context.Context) error {
	keys, err := c.s.openKeys()
	if err != nil {
		return err
	}
	bucket, err := record.OpenBucket(ctx, c.s.bucket())
	if err != nil {
		return fmt.Errorf("%w. Name another with --recordings", err)
	}
	c.onClose(func() { _ = bucket.Close() })
	k := &keeper{keys: keys, store: c.store, journal: c.journal, log: c.log}
	k.vault, err = record.Open(record.Config{
		Dir: filepath.Join(c.s.recordingsDir(), "spool"), Keys: keys, Bucket: bucket, Log: c.log, OnStored: k.stored,
	})
	if err != nil {
		return err
	}
	c.onClose(k.vault.Close)
	c.keeper = k
	return nil
}

// run copies finished recordings to the bucket, and once a day erases what has been kept long enough.
func (k *keeper) run(ctx context.Context) error {
	done := make(chan struct{})
	go func() {
		defer close(done)
		k.sealOld(ctx)
		k.sweepDaily(ctx)
	}()
	err := k.vault.Run(ctx)
	<-done
	return err
}

// Record implements acd.Recorder.
func (k *keeper) Record(start acd.RecordingStart) acd.Recording {
	stopped := false // its status comes from one goroutine
	report := func(s record.Status) {
		if now := s == record.Failing; now != stopped {
			stopped = now
			k.stopped.Add(map[bool]int32{true: 1, false: -1}[now])
		}
		if start.OnState != nil && (s == record.Failing || s == record.Recording) {
			start.OnState(string(s))
		}
	}
	r, err := k.vault.Record(record.Start{ID: start.InteractionID, At: start.At, Position: start.Position, OnStatus: report})
	if err != nil {
		k.log.Error("recording does not begin", "interaction", start.InteractionID, "err", err)
		return nil
	}
	k.journal.SaveRecording(store.Recording{InteractionID: start.InteractionID, State: "live", StartedAt: start.At})
	return tapeOf{r, k, start.InteractionID}
}

// Refuse implements acd.Recorder.
func (k *keeper) Refuse(id string) {
	k.journal.Erase(store.Erasure{InteractionID: id, At: time.Now(), By: "customer", Reason: "discarded"})
}

// tapeOf is a recording whose end by Discard takes the words with it.
type tapeOf struct {
	*record.Recorder
	k  *keeper
	id string
}

func (t tapeOf) Discard() {
	t.Recorder.Discard()
	if err := t.k.keys.Destroy(originalsOf(t.id)); err != nil {
		t.k.log.Error("key of what was masked not destroyed", "interaction", t.id, "err", err)
	}
	t.k.Refuse(t.id)
}

// Due implements acd.Recorder.
func (k *keeper) Due(id, by string) {
	k.journal.EraseLater(store.Due{InteractionID: id, At: time.Now(), By: by})
}

// Film implements video.Films.
func (k *keeper) Film(start video.FilmStart) video.Film {
	f, err := k.vault.Film(record.FilmStart{ID: start.InteractionID, Zero: start.Zero, Keyframe: start.Keyframe})
	if err != nil {
		k.log.Error("the picture is not recorded", "interaction", start.InteractionID, "err", err)
		return nil
	}
	return f
}

// OpenFilm gives a recorded picture to see, or record.ErrNone.
func (k *keeper) OpenFilm(ctx context.Context, id string, atMS int64) (*record.FilmFile, error) {
	return k.vault.OpenFilm(ctx, id, atMS)
}

// OpenMovie gives sound and pictures in one file, or record.ErrNone.
func (k *keeper) OpenMovie(ctx context.Context, id string, films []int64, only int64) (*record.Movie, error) {
	return k.vault.OpenMovie(ctx, id, films, only)
}

// usePicture marks the key of an interaction's kept pictures.
const usePicture = "picture"

// AddSnapshot implements agentui.Pictures: the picture is sealed under a key of its interaction, and goes with it.
func (k *keeper) AddSnapshot(ctx context.Context, p store.Snapshot, picture []byte) (store.Snapshot, error) {
	content, err := k.store.Content(ctx, p.InteractionID)
	if err != nil {
		return p, err
	}
	if content.ErasedAt != nil {
		return p, store.ErrNotFound
	}
	key, err := k.keys.ForUse(p.InteractionID, usePicture)
	if err != nil {
		return p, err
	}
	p.ID, p.Key = uuid.Must(uuid.NewV7()).String(), key.ID
	return k.store.AddSnapshot(ctx, p, key.Small(picture, p.ID))
}

// Snapshots implements agentui.Pictures.
func (k *keeper) Snapshots(ctx context.Context, interactionID, customerID string, scope *store.Scope) ([]store.Snapshot, error) {
	return k.store.Snapshots(ctx, interactionID, customerID, scope)
}

// SnapshotPicture implements agentui.Pictures. One whose key is destroyed is none.
func (k *keeper) SnapshotPicture(ctx context.Context, id string) (store.Snapshot, []byte, error) {
	p, sealed, err := k.store.SnapshotPicture(ctx, id)
	if err != nil || p.Key == "" { // kept before pictures were sealed, and about to be
		return p, sealed, err
	}
	key, err := k.keys.Get(p.InteractionID, p.Key)
	if errors.Is(err, seal.ErrNoKey) {
		return p, nil, store.ErrNotFound
	} else if err != nil {
		return p, nil, err
	}
	picture, err := key.OpenSmall(sealed, p.ID)
	return p, picture, err
}

// sealOld seals what was kept before pictures were.
func (k *keeper) sealOld(ctx context.Context) {
	for ctx.Err() == nil {
		list, err := k.store.UnsealedSnapshots(ctx, 20)
		for _, p := range list {
			var picture []byte
			var key seal.Key
			if _, picture, err = k.store.SnapshotPicture(ctx, p.ID); err == nil {
				if key, err = k.keys.ForUse(p.InteractionID, usePicture); err == nil {
					err = k.store.SealSnapshot(ctx, p.ID, key.ID, key.Small(picture, p.ID))
				}
			}
			if err != nil && !errors.Is(err, store.ErrNotFound) {
				break
			}
			err = nil
		}
		if err != nil && ctx.Err() == nil {
			k.log.Error("kept pictures not sealed yet; the next start goes on", "err", err)
		}
		if err != nil || len(list) == 0 {
			return
		}
	}
}

// stored notes what became of a recording.
func (k *keeper) stored(s record.Stored) {
	if s.Film != nil {
		v := store.Film{InteractionID: s.ID, AtMS: s.Film.AtMS, State: "spooled", StartedAt: s.StartedAt, DurationMS: s.DurationMS, Bytes: s.Bytes,
			Codec: s.Film.Codec, Width: s.Film.Width, Height: s.Film.Height, Object: s.Object, Chain: hex.EncodeToString(s.Chain[:]), Recovered: s.Recovered}
		if s.Object != "" {
			v.State = "stored"
		}
		k.journal.SaveFilm(v)
		return
	}
	v := store.Recording{InteractionID: s.ID, State: "spooled", StartedAt: s.StartedAt, DurationMS: s.DurationMS, Bytes: s.Bytes,
		Object: s.Object, Chain: hex.EncodeToString(s.Chain[:]), Recovered: s.Recovered}
	if s.Object != "" {
		v.State = "stored"
	}
	k.journal.SaveRecording(v)
}

// Sound gives a recording to listen to, or record.ErrNone.
func (k *keeper) Sound(ctx context.Context, id string) (*record.Sound, error) {
	return k.vault.Sound(ctx, id)
}

// Verify opens every segment of a recording and follows its chain.
func (k *keeper) Verify(ctx context.Context, id string) (seal.Report, error) {
	return k.vault.Verify(ctx, id)
}

// Erase destroys what was said in an interaction: the recording's key first, so that nothing after it can fail halfway,
// then words and notes. store.ErrHeld where a legal hold keeps them.
func (k *keeper) Erase(ctx context.Context, id, by, reason string) error {
	err := k.store.EraseContent(ctx, store.Erasure{InteractionID: id, At: time.Now(), By: by, Reason: reason},
		func(ctx context.Context) error {
			return errors.Join(k.vault.Erase(ctx, id), k.keys.Destroy(originalsOf(id)))
		})
	if err != nil {
		return err
	}
	return k.journal.Forget(ctx)
}

// RotateKey replaces the master key and wraps all others by the new one.
func (k *keeper) RotateKey() (int, error) { return k.keys.Rotate(time.Now()) }

func (k *keeper) sweepDaily(ctx context.Context) {
	for {
		next := time.Now()
		next = time.Date(next.Year(), next.Month(), next.Day(), sweepHour, 0, 0, 0, next.Location())
		if !next.After(time.Now()) {
			next = next.AddDate(0, 0, 1)
		}
		timer := time.NewTimer(time.Until(next))
		select {
		case <-ctx.Done():
			timer.Stop()
			return
		case <-timer.C:
			k.sweep(ctx, time.Now())
		}
	}
}

// sweep erases what its queue keeps no longer, rewrites the tables it was in, and replaces a master key that is old.
func (k *keeper) sweep(ctx context.Context, now time.Time) {
	erased := 0
	for ctx.Err() == nil {
		ids, err := k.store.Expired(ctx, now, sweepBatch)
		if err != nil {
			k.log.Error("what has expired cannot be read; the next sweep tries again", "err", err)
			break
		}
		done := 0
		for _, id := range ids {
			switch err := k.Erase(ctx, id, "system", "retention"); {
			case err == nil:
				done++
				_ = k.store.AppendAudit(ctx, store.AuditEntry{Actor: "system", Action: "erase_content", Object: id, Data: map[string]any{"reason": "retention"}})
			case !errors.Is(err, store.ErrHeld):
				k.log.Error("expired content not erased; the next sweep tries again", "interaction", id, "err", err)
			}
		}
		erased += done
		if done == 0 || len(ids) < sweepBatch {
			break
		}
	}
	if err := k.store.Shred(ctx); err != nil {
		k.log.Warn("tables not rewritten after erasures; the next sweep tries again", "err", err)
	}
	if k.keys.Rotates() && k.keys.MasterAge(now) > masterAge {
		if n, err := k.RotateKey(); err != nil {
			k.log.Error("master key not replaced", "err", err)
		} else {
			k.log.Info("master key of the recordings replaced", "keys", n)
		}
	}
	if erased > 0 {
		k.log.Info("erased what was kept long enough", "interactions", erased)
	}
}
