package record

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/at-wat/ebml-go/webm"

	"patchbay/media/record/seal"
)

// FilmFile is a film as it can be seen: a WebM or Matroska file that may be read anywhere. Of a film under way it is what was
// sealed when it was opened. It belongs to one goroutine.
type FilmFile struct {
	FilmInfo
	Type       string // of the file
	Started    time.Time
	DurationMS int64
	Live       bool     // it goes on
	Damage     []string // segments that are not what was written; they are left out

	sum filmSummary
	*partReader
}

// OpenFilm opens the film of an interaction that began there on its axis. ErrNone where there is none, or nobody can see it any more.
func (v *Vault) OpenFilm(ctx context.Context, id string, atMS int64) (*FilmFile, error) {
	if !seal.ValidID(id) || atMS < 0 || !v.keys.Has(id) {
		return nil, ErrNone
	}
	stem := filmStem(id, atMS)
	var err error
	for range 2 { // a file may be renamed between two looks
		var f *FilmFile
		if f, err = v.openFilm(ctx, stem); err == nil {
			return f, nil
		}
	}
	if errors.Is(err, seal.ErrNoKey) || errors.Is(err, os.ErrNotExist) || errors.Is(err, seal.ErrNoFile) || errors.Is(err, ErrNone) {
		return nil, ErrNone
	}
	return nil, err
}

func (v *Vault) openFilm(ctx context.Context, stem string) (*FilmFile, error) {
	if file, err := os.Open(v.openPath(stem)); err == nil {
		info, err := file.Stat()
		if err != nil {
			return nil, errors.Join(fmt.Errorf("record: %w", err), file.Close())
		}
		f, err := v.newFilmFile(file, info.Size())
		if err != nil {
			return nil, errors.Join(err, file.Close())
		}
		f.closer = file
		return f, nil
	}
	content, err := v.sealedBytes(ctx, stem)
	if err != nil {
		return nil, err
	}
	return v.newFilmFile(bytes.NewReader(content), int64(len(content)))
}

func (v *Vault) newFilmFile(r interface {
	ReadAt(p []byte, off int64) (int, error)
}, size int64) (*FilmFile, error) {
	file, err := seal.Read(r, size, v.keyOf)
	if err != nil {
		return nil, err
	}
	s, err := summarizeFilm(file)
	if err != nil {
		return nil, err
	}
	c := container{docType: "webm", started: file.Header.Started, durationMS: s.durationMS, tracks: []webm.TrackEntry{filmTrack(&s.head, 1)}}
	if s.head.Codec == "H264" {
		c.docType = "matroska"
	}
	for _, p := range s.clusters {
		track := 0
		if p.key {
			track = 1
		}
		c.clusters = append(c.clusters, containerCluster{p.startMS, track, p.size})
	}
	head, err := c.header()
	if err != nil {
		return nil, fmt.Errorf("record: film: %w", err)
	}
	f := &FilmFile{FilmInfo: *s.head.film(), Type: c.mediaType(), Started: file.Header.Started, DurationMS: s.durationMS, Live: !s.ended,
		Damage: s.damage, sum: s, partReader: &partReader{file: file, last: -1, skip: map[byte]int{kindCluster: clusterHead}}}
	f.stand(0, head)
	for _, c := range s.clusters {
		f.add(part{len: c.size, segment: c.segment})
	}
	return f, nil
}
