package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestChecksHaveWords: every code of the checks that administrators see has words in both languages of the desk.
func TestChecksHaveWords(t *testing.T) {
	source, err := os.ReadFile("doctor.go")
	if err != nil {
		t.Fatal(err)
	}
	said, mends := map[string]bool{}, map[string]bool{}
	for _, m := range regexp.MustCompile(`\bas\("(\w+)", "(\w*)"`).FindAllStringSubmatch(string(source), -1) {
		said[m[1]], mends[m[2]] = true, true
	}
	for _, m := range regexp.MustCompile(`f\.mendCode = true, "(\w+)"`).FindAllStringSubmatch(string(source), -1) {
		mends[m[1]] = true
	}
	delete(mends, "")
	if len(said) < 12 || len(mends) < 12 {
		t.Fatalf("%d and %d codes: the doctor is written in another way, look for them anew", len(said), len(mends))
	}
	for _, language := range []string{"en", "ja"} {
		file, err := os.ReadFile(filepath.Join("..", "..", "agentui", "web", "src", "i18n", language+"-checks.ts"))
		if err != nil {
			t.Fatal(err)
		}
		first, second, _ := strings.Cut(string(file), "export const mends")
		for code := range said {
			if !strings.Contains(first, "\n  "+code+":") {
				t.Errorf("%s: no words for what is found: %s", language, code)
			}
		}
		for code := range mends {
			if !strings.Contains(second, "\n  "+code+":") {
				t.Errorf("%s: no words for how to mend it: %s", language, code)
			}
		}
	}
}

// TestFindingsAreTold: what a check finds has its code and values beside its words.
func TestFindingsAreTold(t *testing.T) {
	s := &settings{DataDir: t.TempDir(), HTTP: "192.0.2.1:8080", Transcriber: "none", TURN: "off"}
	for _, c := range []struct {
		found      finding
		code, mend string
		param      string
		value      any
	}{
		{checkOrigin(t.Context(), s), "microphone_refused", "certificate", "address", "http://192.0.2.1:8080"},
		{checkModels(t.Context(), s), "models_not_needed", "", "", nil},
		{checkDisk(t.Context(), s), "disk_free", "", "dir", s.DataDir},
		{checkRecordings(t.Context(), s), "recordings_later", "", "dir", filepath.Join(s.DataDir, "recordings", "bucket")},
	} {
		f := c.found
		if f.code != c.code || c.param != "" && f.params[c.param] != c.value || f.code != "disk_free" && f.mendCode != c.mend {
			t.Errorf("%q is %s, %s, %v; want %s, %s, %s %v", f.what, f.code, f.mendCode, f.params, c.code, c.mend, c.param, c.value)
		}
	}
}
