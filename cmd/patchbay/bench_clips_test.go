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
	onset, end time.Duration // of the voice in it: see voiced
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

// voiced finds where a voice begins and ends, knowing nothing of our recogniser. Loud is what is within 30 dB of the loudest
// 10 ms and 10 dB above the quietest tenth of the recording, for 30 ms; of it a voice is what is periodic, as vowels
// are and noise is not, and what is loud up to a consonant's length before, and a long s behind. (Some recordings of FLEURS
// begin and end with up to 0.9 s of noise at −21 dBFS, which an automatic gain has raised: by loudness alone it counted as speech.)
func voiced(sound []int16) (onset, end time.Duration) {
	const step, row, below, consonant, hiss = phoneRate / 100, 3, 0.0316, 15, 50
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
	isVoice := func(i int) bool { return levels[i] >= limit && periodic(sound, i*step) }
	inRow := func(i, by int) bool {
		for k := range row {
			if j := i + k*by; j < 0 || j >= len(levels) || !isVoice(j) {
				return false
			}
		}
		return true
	}
	first, last := 0, len(levels)-1
	for first < len(levels)-1 && !inRow(first, 1) {
		first++
	}
	for last > first && !inRow(last, -1) {
		last--
	}
	// What is loud so near belongs to the word, over the silence within it: the k of "six".
	vowel, vowelEnd := first, last
	for n := 1; n <= consonant && vowel-n >= 0; n++ {
		if levels[vowel-n] >= limit {
			first = vowel - n
		}
	}
	for n := 1; n <= hiss && vowelEnd+n < len(levels); n++ {
		if levels[vowelEnd+n] >= limit {
			last = vowelEnd + n
		}
	}
	return time.Duration(first) * 10 * time.Millisecond, time.Duration(last+1) * 10 * time.Millisecond
}

// periodic tells whether the 50 ms around the sample at repeat themselves at 70 to 400 Hz.
func periodic(sound []int16, at int) bool {
	const window, shortest, longest, alike = phoneRate / 20, phoneRate / 400, phoneRate / 70, 0.5
	from := max(at-window/2, 0)
	if from+window+longest > len(sound) {
		from = max(len(sound)-window-longest, 0)
	}
	x := sound[from:min(from+window+longest, len(sound))]
	if len(x) < window+longest {
		return false
	}
	dot := func(a, b []int16) (sum float64) {
		for i := range window {
			sum += float64(a[i]) * float64(b[i])
		}
		return sum
	}
	own := dot(x, x)
	for lag := shortest; lag < longest; lag++ {
		if y := x[lag:]; dot(x, y) > alike*math.Sqrt(own*dot(y, y)) {
			return true
		}
	}
	return false
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
	at             time.Time
	startMS, endMS int64 // endMS of a line only
	text           string
}

// timing is what became of a clip: how long after its voice began its first partial came, how long after its voice ended its
// last line did, and what was written of it.
type timing struct {
	name        string
	first, last time.Duration
	missing     bool // it has no line
	text        string
}

// lateness times each clip; begin is when the stream's first sample left. A line belongs to the clip with which it shares most
// time, and to every clip that it covers: a pause of 0.6 s between two may be too short for two lines. Such a line is
// late for the last of them only.
func lateness(places []placed, begin time.Time, partials, lines []heardText) []timing {
	all := make([]timing, len(places))
	opened, closed := make([]time.Time, len(places)), make([]heardText, len(places))
	ends := make([]time.Duration, len(places))
	for i, p := range places {
		all[i] = timing{name: p.name, missing: true}
		for _, l := range append(append([]heardText{}, partials...), lines...) {
			if p.holds(l.startMS) && (opened[i].IsZero() || l.at.Before(opened[i])) {
				opened[i] = l.at
			}
		}
	}
	for _, l := range lines {
		mine := clipsOf(places, l)
		for k, i := range mine {
			all[i].missing = false
			if k == 0 {
				all[i].text += l.text + " "
			}
			if l.at.After(closed[i].at) {
				closed[i] = l
				ends[i] = places[mine[len(mine)-1]].starts + places[mine[len(mine)-1]].end
			}
			if opened[i].IsZero() || l.at.Before(opened[i]) {
				opened[i] = l.at
			}
		}
	}
	for i, p := range places {
		if !all[i].missing {
			all[i].first = opened[i].Sub(begin.Add(p.starts + p.onset))
			all[i].last = closed[i].at.Sub(begin.Add(ends[i]))
		}
	}
	return all
}

// clipsOf gives the clips that a line belongs to, in order.
func clipsOf(places []placed, l heardText) (mine []int) {
	best, most := 0, time.Duration(math.MinInt64)
	from, to := time.Duration(l.startMS)*time.Millisecond, time.Duration(l.endMS)*time.Millisecond
	for i, p := range places {
		voice := p.end - p.onset
		shared := min(to, p.starts+p.end) - max(from, p.starts+p.onset)
		if shared > most {
			best, most = i, shared
		}
		if shared > voice*8/10 {
			mine = append(mine, i)
		}
	}
	if !slices.Contains(mine, best) {
		return []int{best}
	}
	return mine
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
