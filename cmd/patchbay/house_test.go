package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
)

// floors says how high each top-level package stands: a package imports only lower floors, and its own family.
var floors = map[string]int{"media": 0, "store": 0, "sip": 1, "transcribe": 1, "acd": 2, "agentui": 3, "cmd": 4}

// bans are imports that no floor forbids but a reason does: package prefix → banned prefix → why.
var bans = map[string]map[string]string{
	"patchbay/media":      {"patchbay/store": "the 20 ms path must never be able to reach the database", "github.com/jackc/pgx": "the same"},
	"patchbay/store":      {"patchbay/media": "records outlive calls and know nothing of sound"},
	"patchbay/sip":        {"patchbay/transcribe": "signalling and words meet in acd only", "patchbay/store": "SIP keeps nothing: acd decides what is kept"},
	"patchbay/transcribe": {"patchbay/sip": "signalling and words meet in acd only", "patchbay/store": "lines reach the record through a Listener, so the recogniser runs without a database"},
	"patchbay/acd": {"github.com/emiago/sipgo": "the centre runs in a test with loopback legs: SIP reaches it through CustomerPhone",
		"github.com/pion": "browsers reach it through AgentPhone", "net/http": "screens belong to agentui"},
	"patchbay/acd/route": {"net": "routing is pure: no I/O", "os": "routing is pure: no I/O", "sync": "routing is pure: no goroutines"},
	"patchbay/agentui":   {"github.com/pion": "browsers' phones come through Phones", "patchbay/media/webrtc": "browsers' phones come through Phones"},
}

// onlyIn names the one family that may use a cgo library: a crash in it must be a crash of few.
var onlyIn = map[string]struct{ family, why string }{
	"github.com/yalue/onnxruntime_go": {"patchbay/transcribe", "the recogniser runs in a child process; nothing else may load its C++"},
	"github.com/hraban/opus":          {"patchbay/media/codec", "libopus is behind the codec interface"},
	"gocloud.dev":                     {"patchbay/media/record", "recordings leave the machine in one place, sealed"},
}

// floorLine is the sentence of a doc comment that names the floor.
var floorLine = regexp.MustCompile(`Floor:? F[0-4]`)

type goPackage struct {
	ImportPath, Dir, Name            string
	Imports, GoFiles, IgnoredGoFiles []string
}

func packages(t *testing.T) []goPackage {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=ImportPath,Dir,Name,Imports,GoFiles", "patchbay/...").Output()
	if err != nil {
		t.Fatal(err)
	}
	var all []goPackage
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p goPackage
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return all
		} else if err != nil {
			t.Fatal(err)
		}
		all = append(all, p)
	}
}

func family(path string) string {
	rest, ok := strings.CutPrefix(path, "patchbay/")
	if !ok {
		return ""
	}
	top, _, _ := strings.Cut(rest, "/")
	return top
}

func within(path, prefix string) bool { return path == prefix || strings.HasPrefix(path, prefix+"/") }

// TestFloors keeps the architecture: docs/architecture.md draws it.
func TestFloors(t *testing.T) {
	for _, p := range packages(t) {
		floor, known := floors[family(p.ImportPath)]
		if !known {
			t.Errorf("%s stands on no floor: name one in floors, or put it into a package that has one", p.ImportPath)
			continue
		}
		for _, bad := range []string{"util", "utils", "common", "model", "helpers", "misc"} {
			if p.Name == bad {
				t.Errorf("%s: a package of leftovers; types live with their owner", p.ImportPath)
			}
		}
		for _, imp := range p.Imports {
			if f := family(imp); f != "" && f != family(p.ImportPath) && floors[f] >= floor {
				t.Errorf("%s (F%d) imports %s (F%d): only lower floors", p.ImportPath, floor, imp, floors[f])
			}
			for who, list := range bans {
				for what, why := range list {
					if within(p.ImportPath, who) && within(imp, what) {
						t.Errorf("%s imports %s: %s", p.ImportPath, imp, why)
					}
				}
			}
			for lib, only := range onlyIn {
				if within(imp, lib) && !within(p.ImportPath, only.family) {
					t.Errorf("%s imports %s: %s", p.ImportPath, imp, only.why)
				}
			}
		}
	}
}

// TestPackageDocs: every package says in doc.go what it is for, and on which floor.
func TestPackageDocs(t *testing.T) {
	for _, p := range packages(t) {
		text := ""
		for _, f := range p.GoFiles {
			src, err := os.ReadFile(filepath.Join(p.Dir, f))
			if err != nil {
				t.Fatal(err)
			}
			head, _, _ := strings.Cut(string(src), "\npackage ")
			if strings.Contains(head, "// Package "+p.Name) || strings.Contains(head, "// Command ") {
				text = head
			}
		}
		if !floorLine.MatchString(text) {
			t.Errorf("%s has no doc.go that names its floor", p.ImportPath)
		}
	}
}

// configReference is docs/config.md.
func configReference() string {
	var b strings.Builder
	b.WriteString("# Settings of `patchbay serve`\n\nWritten from the source by `make generate`. Defaults give way to the file of `--config` (YAML, one setting a line),\n" +
		"the file to the environment, the environment to flags. An unknown key ends the program with its line.\n\n" +
		"| flag | environment | key | default | what it is |\n| --- | --- | --- | --- | --- |\n")
	new(settings).each(func(name, def, usage string, v reflect.Value) {
		fmt.Fprintf(&b, "| `--%s` | `%s` | `%s` | %s | %s |\n", name, envName(name), keyName(name), cmp.Or(def, "–"), usage)
	})
	b.WriteString("\nBeside them, `PATCHBAY_MODELS` names the directory of the speech models, and `PATCHBAY_MODEL_SOURCES` the order of the\n" +
		"places that they are fetched from (`publisher,pip`).\n")
	return b.String()
}

// TestConfigReference: docs/config.md is written from the settings; make generate writes it anew.
func TestConfigReference(t *testing.T) {
	const path = "../../docs/config.md"
	want := configReference()
	if os.Getenv("PATCHBAY_WRITE_DOCS") != "" {
		if err := os.WriteFile(path, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(path)
	if err != nil || string(got) != want {
		t.Errorf("%s is stale (%v): run make generate", path, err)
	}
}
