//go:build bench

package main

import (
	"math"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"patchbay/media"
	"patchbay/media/wav"
	"patchbay/transcribe/wer"
)

// clip is a recording whose words are known, as a telephone carries it: 8 kHz through µ-law.
type clip struct {
	name       string
	words      []string
	sound      []int16       // 8 kHz
	onset, end time.Duration // of the voice in it, by energy
}

// benchClips gives the recordings of $PATCHBAY_SPEECH, else of ../shared/speech, else of testdata, and says which.
func benchClips(t testing.TB) (clips []clip, from string) {
	t.Helper()
	table := "testdata/speech/words.tsv"
	if dir := os.Getenv(benchSpeech); dir != "" {
		root, err := fromRoot(dir)
		if err != nil {
			t.Fatal(err)
		}
		table = filepath.Join(root, "reference.tsv")
	} else if _, err := os.Stat("../../../shared/speech/reference.tsv"); err == nil {
		table = "../../../shared/speech/reference.tsv"
	}
	said, files, err := readReference(table)
	if err != nil {
		t.Fatal(err)
	}
	if quick() {
		every := max(len(files)/3, 1)
		few := files[:0]
		for i := 0; i < len(files) && len(few) < 3; i += every {
			few = append(few, files[i])
		}
		files = few
	}
	for _, f := range files {
		samples, err := wav.Load(f)
		if err != nil {
			t.Fatal(err)
		}
		k := clip{name: filepath.Base(f), words: countedWords(said[filepath.Base(f)]), sound: telephone(samples)}
		for i, s := range k.sound {
			k.sound[i] = fromMuLaw(muLaw(s))
		}
		k.onset, k.end = voiced(k.sound)
		clips = append(clips, k)
	}
	return clips, filepath.Dir(table)
}

// voiced finds where a voice begins and ends: the first and the last 30 ms in a row within 30 dB of the loudest 10 ms and
// 10 dB above the quietest tenth of the recording, where it has noise of its own.
func voiced(sound []int16) (onset, end time.Duration) {
	const step, row, below = phoneRate / 100, 3, 0.0316
	var levels []float64
	for i := 0; i+step <= len(sound); i += step {
		sum := 0.0
		for _, s := range sound[i : i+step] {
			sum += float64(s) * float64(s)
		}
		levels = append(levels, math.Sqrt(sum/step))
	}
	floor := slices.Sorted(slices.Values(levels))[len(levels)/10]
	limit := max(loudest(levels)*below, min(floor*3.16, loudest(levels)*0.25))
	first, last, run := -1, 0, 0
	for i, l := range levels {
		if l < limit {
			run = 0
			continue
		}
		if run++; run >= row {
			if first < 0 {
				first = i - row + 1
			}
			last = i + 1
		}
	}
	return time.Duration(max(first, 0)) * 10 * time.Millisecond, time.Duration(last) * 10 * time.Millisecond
}

// placed is a clip at its place in a stream of several.
type placed struct {
	clip
	at, until time.Duration // its window: from shortly before the clip to shortly before the next
	starts    time.Duration // where its first sample is
}

// stringTogether joins clips with a pause before each and behind the last.
func stringTogether(clips []clip, pause time.Duration) (sound []int16, places []placed) {
	gap := make([]int16, int(pause.Seconds()*phoneRate))
	for _, k := range clips {
		sound = append(sound, gap...)
		starts := time.Duration(len(sound)) * time.Second / phoneRate
		// A line's first word may be placed a little before the voice.
		places = append(places, placed{clip: k, starts: starts, at: starts + k.onset - pause/2})
		sound = append(sound, k.sound...)
	}
	sound = append(sound, gap...)
	for i := range places {
		places[i].until = time.Duration(math.MaxInt64)
		if i+1 < len(places) {
			places[i].until = places[i+1].at
		}
	}
	places[0].at = math.MinInt64
	return sound, places
}

// holds tells whether what began at ms belongs to the clip.
func (p placed) holds(ms int64) bool {
	at := time.Duration(ms) * time.Millisecond
	return at >= p.at && at < p.until
}

// heardText is something that was heard, and when it came.
type heardText struct {
	at      time.Time
	startMS int64
	text    string
}

// lateness gives, for each clip, when its first partial came after its voice began, and its last line after its voice
// ended; begin is when the stream's first sample left. missing clips have no line.
func lateness(places []placed, begin time.Time, partials, lines []heardText) (first, last []time.Duration, missing int) {
	for _, p := range places {
		var opened, closed time.Time
		for _, l := range append(append([]heardText{}, partials...), lines...) {
			if p.holds(l.startMS) && (opened.IsZero() || l.at.Before(opened)) {
				opened = l.at
			}
		}
		for _, l := range lines {
			if p.holds(l.startMS) && l.at.After(closed) {
				closed = l.at
			}
		}
		if closed.IsZero() {
			missing++
			continue
		}
		first = append(first, opened.Sub(begin.Add(p.starts+p.onset)))
		last = append(last, closed.Sub(begin.Add(p.starts+p.end)))
	}
	return first, last, missing
}

// wrongWords counts the words of clips, and those that are wrong, where texts holds what was heard of each.
func wrongWords(clips []clip, texts map[string]string) (s score) {
	for _, k := range clips {
		s.words += len(k.words)
		s.errors += wer.Errors(k.words, countedWords(texts[k.name]))
	}
	return s
}

// frames cuts sound (8 kHz) into the server's frames.
func frames(sound []int16) []media.Frame {
	wide := wav.Resample(sound, phoneRate, media.SampleRate)
	out := make([]media.Frame, len(wide)/media.FrameSamples)
	for i := range out {
		copy(out[i][:], wide[i*media.FrameSamples:])
	}
	return out
}
