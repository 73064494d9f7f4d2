package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// typed runs a command line, and gives its exit code and what it printed.
func typed(t *testing.T, args ...string) (code int, out, errs string) {
	t.Helper()
	var o, e bytes.Buffer
	code = run(context.Background(), args, stdio{&o, &e})
	return code, o.String(), e.String()
}

// Flags stand in the help as people type them, each with what it wants.
func TestHelpNamesFlagsAsTheyAreTyped(t *testing.T) {
	for command, flags := range map[string]string{
		"serve": "--demo|--data-dir DIR|--http ADDR|--sip ADDR|--rtp FROM-TO|--webrtc ADDR|--public-url URL|--advertise IP|--tls-cert FILE|--tls-key FILE|--database URL|--config FILE|(default 20000-20999)",
		"dial":  "sip:NUMBER@HOST:PORT|--from NUMBER|--play FILE|--record FILE|--dtmf DIGITS|--duration TIME|--json",
		"agent": "--url|--user|--password|--auto-answer|--play FILE|--record FILE|--json", "transcribe": "--json|--model NAME|--reference TABLE|(default base)",
	} {
		code, out, _ := typed(t, "help", command)
		if again, same, _ := typed(t, command, "--help"); code != 0 || again != 0 || out != same {
			t.Errorf("help %s and %s --help differ", command, command)
		}
		for want := range strings.SplitSeq(flags, "|") {
			if !strings.Contains(out, want) {
				t.Errorf("%s --help does not say %q", command, want)
			}
		}
		if one := regexp.MustCompile(`(?m)^\s+-\w.*`).FindString(out); one != "" {
			t.Errorf("%s --help has a flag that nobody types: %q", command, one)
		}
	}
	if code, out, _ := typed(t, "--version"); code != 0 || !strings.HasPrefix(out, "patchbay ") {
		t.Errorf("--version: %d %q", code, out)
	}
}

// What is wrong with a command line is one line, said before anything is started or dialled.
func TestWrongCommandLines(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte("no sound"), 0o600); err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		"serve --nope": "not defined: --nope",
		"dial foo":     "such as sip:", "dial sip:1@127.0.0.1:1 --dtmf xyz": "--dtmf is keys", "dial sip:1@127.0.0.1:1 --duration -1s": "--duration is a time",
		"dial sip:1@127.0.0.1:1 --play " + text: "neither WAV nor MP3", "dial sip:1@127.0.0.1:1 --play none.ogg": "none.ogg: no such file",
		"transcribe none.wav":                         "none.wav: no such file",
		"serve --tls-cert none.pem --tls-key " + text: "--tls-cert cannot be read",
	} {
		code, out, errs := typed(t, strings.Fields(args)...)
		if code == 0 || out != "" || strings.Count(errs, "\n") != 1 || !strings.Contains(errs, want) {
			t.Errorf("%s: %d %q %q, want one line that says %q", args, code, out, errs, want)
		}
	}
}

func TestUnknownEnvironment(t *testing.T) {
	got := unknownEnvironment([]string{"PATCHBAY_HTTP=x", "PATCHBAY_HTPP=x", "PATCHBAY_MODELS=/m", "HOME=/", "PATCHBAY_TRANSCRIBER_TOKEN=t"})
	if strings.Join(got, " ") != "PATCHBAY_HTPP" {
		t.Errorf("unknown: %q", got)
	}
}
