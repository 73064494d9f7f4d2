package record

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sort"
	"time"

	"patchbay/media/codec"
)

// How a movie is cut. A player needs a cluster to begin at, and a picture in it to show.
const (
	movieCluster = 1000  // ms, where only sound is
	movieNothing = 3000  // ms without a picture, before one that needs none before it: nothing was shown or kept there
	movieGrey    = 10000 // ms between two pictures that say so
	soundBehind  = 60    // ms: sound waits for a packet of 20 ms and in a jitter buffer before its place on the axis; pictures do not (TestFlashAndTone)
	soundTrack   = 100   // number; pictures have 1, 2, … by codec
)

// Movie is an interaction's sound and pictures as one file: WebM, or Matroska where a picture is H.264. Both are on one time
// axis, and are what was recorded, untouched; where nothing was shown or kept, the sound is silence and the picture (VP8) grey.
// Each codec has a track of its own. It is made while it is read, and belongs to one goroutine.
type Movie struct {
	Type       string // of the file
	FromMS     int64  // of its beginning, on the interaction's axis
	DurationMS int64
	Codecs     []string // of the tracks of pictures
	Live       bool     // the recording goes on
	Damage     []string // segments that are not what was written; they are left out

	*partReader

	sound    *Sound // nil for none
	films    []*FilmFile
	tracks   []*FilmFile // the first film of each track
	clusters []movieTime
}

// movieTime is a cluster of the movie: pictures of one film's cluster, and the sound beside them.
type movieTime struct {
	start int64 // ms from the movie's beginning
	film  int   // of films; -1 for none
	part  filmPart
	grey  bool
	cued  int // track that a player may jump to here; 0 for none

	page, packet int // of sound: where it begins
	packets      int
	size         int // of the blocks
}

// OpenMovie opens the sound of an interaction with its pictures, named by when they began; of only one of them, and the sound
// beside it, where only is not negative. ErrNone where no picture is left.
func (v *Vault) OpenMovie(ctx context.Context, id string, films []int64, only int64) (m *Movie, err error) {
	m = &Movie{partReader: &partReader{last: -1}, DurationMS: -1}
	defer func() {
		if err != nil {
			err = errors.Join(err, m.Close())
			m = nil
		}
	}()
	for _, at := range films {
		if only >= 0 && at != only {
			continue
		}
		switch f, err := v.OpenFilm(ctx, id, at); {
		case err == nil:
			m.films = append(m.films, f)
		case !errors.Is(err, ErrNone):
			return m, err
		}
	}
	if len(m.films) == 0 {
		return m, ErrNone
	}
	switch s, err := v.Sound(ctx, id); {
	case err == nil:
		m.sound = s
	case !errors.Is(err, ErrNone): // pictures may have been kept without sound
		return m, err
	}
	until := int64(-1)
	if only >= 0 {
		m.FromMS, until = m.films[0].AtMS+soundBehind, m.films[0].DurationMS
	}
	return m, m.build(until)
}

// Close lets go of the files.
func (m *Movie) Close() (err error) {
	if m.sound != nil {
		err = m.sound.Close()
	}
	for _, f := range m.films {
		err = errors.Join(err, f.Close())
	}
	return err
}

var _ io.ReadSeekCloser = (*Movie)(nil)

// build lays out the file; until is where it ends, on its own axis, or negative.
func (m *Movie) build(until int64) error {
	slices.SortStableFunc(m.films, func(a, b *FilmFile) int { return int(a.AtMS - b.AtMS) })
	var pictures []movieTime
	for i, f := range m.films {
		m.Damage, m.Live = append(m.Damage, f.Damage...), m.Live || f.Live
		if !slices.Contains(m.Codecs, f.Codec) {
			m.Codecs, m.tracks = append(m.Codecs, f.Codec), append(m.tracks, f)
		}
		for _, c := range f.sum.clusters {
			pictures = append(pictures, movieTime{start: f.AtMS + c.startMS + soundBehind - m.FromMS, film: i, part: c})
		}
		m.DurationMS = max(m.DurationMS, f.AtMS+f.DurationMS+soundBehind-m.FromMS)
	}
	sort.SliceStable(pictures, func(i, j int) bool { return pictures[i].start < pictures[j].start })
	if err := m.cut(pictures, until); err != nil {
		return err
	}
	head, err := m.header()
	if err != nil {
		return fmt.Errorf("record: movie: %w", err)
	}
	m.stand(0, head)
	for i, c := range m.clusters {
		m.add(part{len: clusterSize + c.size, segment: i})
	}
	m.fill = func(p part) ([]byte, error) { return m.cluster(m.clusters[p.segment]) }
	return nil
}

// cut puts pictures and sound into clusters, by when they begin.
func (m *Movie) cut(pictures []movieTime, until int64) error {
	shown, greyed := int64(-movieNothing), int64(-movieGrey) // the last picture, and the last grey one
	open := func(c movieTime) { m.clusters = append(m.clusters, c) }
	next := func() {
		c := pictures[0]
		pictures = pictures[1:]
		f := m.films[c.film]
		if c.part.key {
			c.cued = m.track(f)
		}
		c.size = c.part.blocks
		shown = f.AtMS + c.part.endMS + soundBehind - m.FromMS
		greyed = shown - movieGrey
		open(c)
	}
	nothing := func(at int64) bool { // nothing is shown there
		if at-shown < movieCluster {
			return false
		}
		return len(pictures) == 0 || pictures[0].part.key && pictures[0].start-shown > movieNothing
	}
	for page := range m.pages() {
		packets, from, err := m.packets(page)
		if err != nil {
			return err
		}
		for i, packet := range packets {
			at := (from+int64(i))*frameMS - m.FromMS
			if at < 0 || until >= 0 && at > until {
				continue
			}
			for len(pictures) > 0 && pictures[0].start <= at {
				next()
			}
			if n := len(m.clusters); n == 0 || at-m.clusters[n-1].start >= movieCluster {
				c := movieTime{start: at, film: -1}
				if nothing(at) && at-greyed >= movieGrey {
					greyed, c.cued = at, 1
					if m.tracks[0].Codec == "VP8" {
						c.grey, c.size = true, blockSize(greySize(m.tracks[0].Width, m.tracks[0].Height))
					}
				}
				open(c)
			}
			c := &m.clusters[len(m.clusters)-1]
			if c.packets == 0 {
				c.page, c.packet = page, i
			}
			c.packets++
			c.size += blockSize(len(packet))
			m.DurationMS = max(m.DurationMS, at+frameMS)
		}
	}
	for len(pictures) > 0 {
		next()
	}
	return nil
}

// track is the number of a film's track.
func (m *Movie) track(f *FilmFile) int { return slices.Index(m.Codecs, f.Codec) + 1 }

// pages is the number of stretches of sound, behind the head.
func (m *Movie) pages() int {
	if m.sound == nil {
		return 0
	}
	return len(m.sound.parts) - 1
}

// packets gives a stretch of sound, packet by packet, and the position of the first.
func (m *Movie) packets(page int) (packets [][]byte, from int64, err error) {
	if err := m.sound.load(page + 1); err != nil {
		return nil, 0, err
	}
	_, packets, err = parsePage(m.sound.buf)
	return packets, m.sound.parts[page+1].from, err
}

// cluster makes the bytes of a cluster: its blocks by their time.
func (m *Movie) cluster(c movieTime) ([]byte, error) {
	var pictures []block
	track := byte(1)
	switch {
	case c.grey:
		pictures = []block{{data: simpleBlock(nil, track, 0, true, greyFrame(m.tracks[0].Width, m.tracks[0].Height))}}
	case c.film >= 0:
		f := m.films[c.film]
		plain, err := f.file.Open(c.part.segment, nil)
		if err != nil {
			return nil, fmt.Errorf("record: changed while it was read: %w", err)
		}
		if pictures, err = blocksOf(plain[min(len(plain), clusterHead):]); err != nil {
			return nil, err
		}
		track = byte(m.track(f))
	}
	b := clusterHeader(c.size, c.start)
	page, packet, left := c.page, c.packet, c.packets
	for left > 0 {
		packets, from, err := m.packets(page)
		if err != nil {
			return nil, err
		}
		for ; packet < len(packets) && left > 0; packet, left = packet+1, left-1 {
			at := (from+int64(packet))*frameMS - m.FromMS - c.start
			for len(pictures) > 0 && int64(pictures[0].at) < at {
				b, pictures = pictures[0].appendTo(b, track), pictures[1:]
			}
			b = simpleBlock(b, soundTrack, int16(at), true, packets[packet])
		}
		page, packet = page+1, 0
	}
	for _, p := range pictures {
		b = p.appendTo(b, track)
	}
	return b, nil
}

// header is everything ahead of the clusters.
func (m *Movie) header() ([]byte, error) {
	f := container{docType: "webm", started: m.films[0].Started.Add(-time.Duration(m.films[0].AtMS-m.FromMS) * time.Millisecond), durationMS: m.DurationMS}
	for i, t := range m.tracks {
		if t.Codec == "H264" {
			f.docType = "matroska"
		}
		f.tracks = append(f.tracks, filmTrack(&t.sum.head, i+1))
	}
	m.Type = f.mediaType()
	if m.sound != nil {
		f.tracks = append(f.tracks, opusTrack(soundTrack, codec.StereoLookahead))
	}
	for _, c := range m.clusters {
		f.clusters = append(f.clusters, containerCluster{startMS: c.start, track: c.cued, size: clusterSize + c.size})
	}
	return f.header()
}
