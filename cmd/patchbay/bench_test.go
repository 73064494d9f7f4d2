//go:build bench

package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// The budgets of the design, each beside what was measured on this machine: make bench. One part alone:
//
//	go test -tags=nolibopusfile,bench -run 'TestBudgets/desk' -v ./cmd/patchbay
//
// PATCHBAY_BENCH_OUT=FILE   writes the table there as Markdown (behind the line <!-- bench -->, where FILE has one, as
// docs/performance.md does), and beside it as JSON
// PATCHBAY_BENCH_QUICK=1    few repetitions: shows that the bench works, proves nothing
// PATCHBAY_SPEECH=DIR       recordings and their words (reference.tsv); else ../shared/speech, else testdata/speech
const (
	benchOut    = "PATCHBAY_BENCH_OUT"
	benchQuick  = "PATCHBAY_BENCH_QUICK"
	benchSpeech = "PATCHBAY_SPEECH"
	benchMark   = "<!-- bench -->\n"
)

// quick says whether only the bench itself is tried.
func quick() bool { return os.Getenv(benchQuick) != "" }

// times is how often something is repeated: few times where only the bench itself is tried.
func times(full, few int) int {
	if quick() {
		return few
	}
	return full
}

// budget is one row of the table and what became of it.
type budget struct {
	What     string   `json:"what"`
	Budget   string   `json:"budget"`
	Measured string   `json:"measured"`
	Verdict  string   `json:"verdict"` // "met", "missed", "not measured: …" or "not run"
	Command  string   `json:"command"`
	Load     string   `json:"load"` // of the machine over the last minute, before and after
	Notes    []string `json:"notes"`
	Table    []string `json:"table,omitempty"` // lines of Markdown
}

// set gives a budget its figure. A budget that is missed is no failure of the bench.
func (b *budget) set(met bool, measured string, args ...any) {
	b.Measured, b.Verdict = fmt.Sprintf(measured, args...), "missed"
	if met {
		b.Verdict = "met"
	}
}

func (b *budget) note(format string, args ...any) {
	b.Notes = append(b.Notes, fmt.Sprintf(format, args...))
}

// unmeasured says why there is no figure, and that this is no failure: what is missing is not ours.
func (b *budget) unmeasured(why string) { b.Measured, b.Verdict = "—", "not measured: "+why }

// part measures some budgets that share a server.
type part struct {
	name    string
	budgets []*budget
	run     func(t *testing.T, b []*budget)
}

func parts() []part {
	row := func(what, limit string) *budget { return &budget{What: what, Budget: limit, Verdict: "not run"} }
	return []part{
		{"delay", []*budget{
			row("added by the server, RTP in → RTP out, no loss, p99", "≤ 60 ms, jitter buffer included"),
		}, benchDelay},
		{"desk", []*budget{
			row("INVITE → screen pop in the browser", "≤ 300 ms p95"),
			row("two-way audio after `Answer`", "≤ 200 ms p95"),
			row("audio back after the agent's browser reloads", "≤ 3 s p95, no transcript gap, same interaction"),
		}, benchDesk},
		{"words", []*budget{
			row("first partial after speech begins", "≤ 0.7 s p95"),
			row("final after the last word", "≤ 1.2 s p95"),
			row("words wrong, telephone English, live against offline", "≤ +1 point"),
			row("words wrong, telephone English, against faster-whisper with the same weights", "≤ +0.5 points"),
		}, benchWords},
		{"names", []*budget{
			row("names right, primed with the customer's record", "≥ 85 %"),
			row("words wrong, primed with somebody else's record, against no prompt", "≤ +1 point"),
			row("names right, primed, in sentences that nothing was tuned on", "≥ 85 %"),
			row("words wrong there, primed with somebody else's record, against no prompt", "≤ +1 point"),
		}, benchNames},
		{"japanese", []*budget{
			row("characters wrong, telephone Japanese, numbers normalised", "≤ 10 %"),
		}, benchJapanese},
		{"hard", []*budget{
			row("words wrong in hard audio, all cases together, against faster-whisper with the same weights", "≤ +0.5 points"),
		}, benchHard},
		{"streams", []*budget{
			row("streams of continuous speech transcribed live per core, every final on time", "≥ 8"),
			row("CPU seconds per second that a silent leg costs the recogniser", "≈ 0: ≤ 0.01"),
		}, benchStreams},
		{"board", []*budget{
			row("supervisor's wallboard behind reality", "≤ 1 s"),
		}, benchBoard},
		{"allocations", []*budget{
			row("allocations per 20 ms tick in steady state", "0"),
		}, benchAllocations},
		{"cpu", []*budget{
			row("CPU seconds per call-minute, SIP G.711 ↔ browser G.711, bridged + tapped + recorded, recognition apart", "≤ 0.25"),
			row("the same, not recorded", "less than recorded"),
		}, benchCPU},
		{"parties", []*budget{
			row("CPU seconds per call-minute that a supervisor adds who listens", "none set"),
			row("CPU seconds per call-minute that a number in a conference adds, recorded and tapped too", "none set"),
			row("supervisors who listen to one call at once, every burst heard, delay p99", "4 are let in, ≤ 60 ms"),
		}, benchParties},
		{"video", []*budget{
			row("CPU of a video session beside its call, one guest and one agent, not recorded", "none set; below a twentieth of a core"),
			row("the same, recorded", "none set; below a twentieth of a core"),
		}, benchVideo},
	}
}

// TestBudgets prints one table. It fails where something could not be measured; a missed budget is printed as missed.
func TestBudgets(t *testing.T) {
	all := parts()
	for _, p := range all {
		t.Run(p.name, func(t *testing.T) {
			before := load()
			for _, b := range p.budgets {
				b.Verdict = "not measured: see above"
				b.Command = fmt.Sprintf("go test -tags=nolibopusfile,bench -run TestBudgets/%s -v ./cmd/patchbay", p.name)
			}
			p.run(t, p.budgets)
			for _, b := range p.budgets {
				b.Load = before + " → " + load()
				t.Logf("%s: %s (%s)", b.What, b.Measured, b.Verdict)
				for _, n := range b.Notes {
					t.Log("  " + n)
				}
				if b.Measured == "" {
					t.Errorf("not measured: %s", b.What)
				}
			}
		})
	}
	table := tabulate(all)
	fmt.Println(table)
	if path := os.Getenv(benchOut); path != "" {
		writeReport(t, path, table, all)
	}
}

func tabulate(all []part) string {
	var b strings.Builder
	fmt.Fprintf(&b, "\nMeasured %s on %s.\n", time.Now().UTC().Format("2006-01-02 15:04 UTC"), machine())
	if quick() {
		b.WriteString("Few repetitions (" + benchQuick + "): shows that the bench works, no more.\n")
	}
	b.WriteString("\n| what | budget | measured | verdict |\n| --- | --- | --- | --- |\n")
	for _, p := range all {
		for _, r := range p.budgets {
			fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", r.What, r.Budget, cmp.Or(r.Measured, "—"), r.Verdict)
		}
	}
	b.WriteString("\n")
	for _, p := range all {
		for _, r := range p.budgets {
			if len(r.Notes) > 0 {
				fmt.Fprintf(&b, "- *%s* (load %s): %s.\n", r.What, r.Load, strings.Join(r.Notes, "; "))
			}
			if len(r.Table) > 0 {
				fmt.Fprintf(&b, "\n%s\n\n", strings.Join(r.Table, "\n"))
			}
		}
	}
	return b.String()
}

func writeReport(t *testing.T, path, table string, all []part) {
	path, err := fromRoot(path)
	if err != nil {
		t.Fatal(err)
	}
	if old, err := os.ReadFile(path); err == nil {
		if words, _, ok := strings.Cut(string(old), benchMark); ok {
			table = words + benchMark + table
		}
	}
	var rows []*budget
	for _, p := range all {
		rows = append(rows, p.budgets...)
	}
	doc, err := json.MarshalIndent(map[string]any{"at": time.Now().UTC(), "machine": machine(), "quick": quick(), "budgets": rows}, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	beside := strings.TrimSuffix(path, filepath.Ext(path)) + ".json"
	for name, text := range map[string][]byte{path: []byte(table), beside: append(doc, '\n')} {
		if err := os.WriteFile(name, text, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// fromRoot reads a path as the person who typed make bench meant it: tests run in their package's directory.
func fromRoot(path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	return filepath.Abs(filepath.Join("../..", path))
}

// machine names what the figures were measured on.
func machine() string {
	model, vnni := "unknown processor", "without"
	if info, err := os.ReadFile("/proc/cpuinfo"); err == nil {
		if _, rest, ok := strings.Cut(string(info), "model name\t: "); ok {
			model, _, _ = strings.Cut(rest, "\n")
		}
		if strings.Contains(string(info), "_vnni") {
			vnni = "with"
		}
	}
	kernel, _ := exec.Command("uname", "-sr").Output()
	return fmt.Sprintf("%s %s VNNI, %d cores, %s, %s", model, vnni, runtime.NumCPU(), strings.TrimSpace(string(kernel)), runtime.Version())
}

// load is how many programs wanted a processor over the last minute.
func load() string {
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	first, _, _ := strings.Cut(string(text), " ")
	return first
}

// percentile is the nearest rank: the smallest value that p of all do not exceed.
func percentile(all []time.Duration, p float64) time.Duration {
	if len(all) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(all))
	return sorted[max(int(math.Ceil(p*float64(len(sorted))))-1, 0)]
}

// spread describes measurements beside the percentile that is judged.
func spread(all []time.Duration) string {
	return fmt.Sprintf("%d measurements: median %s, p95 %s, p99 %s, most %s", len(all), millis(percentile(all, 0.5)),
		millis(percentile(all, 0.95)), millis(percentile(all, 0.99)), millis(percentile(all, 1)))
}

func millis(d time.Duration) string {
	return fmt.Sprintf("%.1f ms", float64(d)/float64(time.Millisecond))
}
