package main

import (
	"bytes"
	"context"
	"errors"
	"os"
	"reflect"
	"strings"
	"testing"
	"time"
)

func loadWith(t *testing.T, env map[string]string, flags ...string) (*settings, error) {
	t.Helper()
	return loadSettings("serve", flags, stdio{new(bytes.Buffer), new(bytes.Buffer)}, func(k string) (string, bool) {
		v, ok := env[k]
		return v, ok
	})
}

// TestSettingsPrecedence: defaults give way to the file, the file to the environment, the environment to flags.
func TestSettingsPrecedence(t *testing.T) {
	file := configFile(t, "http: 127.0.0.1:1001\nsip: 127.0.0.1:1002\nring_time: 33s\ndemo: true\nmax_calls: 7\n")
	env := map[string]string{"PATCHBAY_CONFIG": file, "PATCHBAY_SIP": "127.0.0.1:2002", "PATCHBAY_GRACE": "5s"}
	s, err := loadWith(t, env, "--grace", "9s", "--http", "localhost:3001")
	if err != nil {
		t.Fatal(err)
	}
	for what, pair := range map[string][2]any{
		"flag over file":        {s.HTTP, "127.0.0.1:3001"},
		"environment over file": {s.SIP, "127.0.0.1:2002"},
		"flag over environment": {s.Grace, 9 * time.Second},
		"file over default":     {s.RingTime, 33 * time.Second},
		"a bool of the file":    {s.Demo, true},
		"a number of the file":  {s.MaxCalls, 7},
		"default":               {s.RTP, "20000-20999"},
	} {
		if !reflect.DeepEqual(pair[0], pair[1]) {
			t.Errorf("%s: %v, want %v", what, pair[0], pair[1])
		}
	}
}

// TestSettingsDefaults: every default can be read as what its field is.
func TestSettingsDefaults(t *testing.T) {
	s := &settings{}
	s.each(func(name, def, usage string, v reflect.Value) {
		if def != "" {
			if err := set(v, def); err != nil {
				t.Errorf("--%s: default %q %v", name, def, err)
			}
		}
		if usage == "" {
			t.Errorf("--%s says nothing in the help", name)
		}
	})
	if err := s.validate(); err != nil {
		t.Errorf("the defaults are refused: %v", err)
	}
}

func TestSettingsRefused(t *testing.T) {
	for name, tc := range map[string]struct {
		env   map[string]string
		flags []string
		want  string
	}{
		"environment":       {map[string]string{"PATCHBAY_MAX_CALLS": "many"}, nil, "PATCHBAY_MAX_CALLS"},
		"range":             {nil, []string{"--rtp", "20000"}, "20000-20999"},
		"range backwards":   {nil, []string{"--rtp", "20001-20000"}, "--rtp"},
		"public url":        {nil, []string{"--public-url", "desk.example.com"}, "https://desk.example.com"},
		"advertise":         {nil, []string{"--advertise", "here"}, "IP address"},
		"trunks":            {nil, []string{"--trunks", "198.51.100.0/24,there"}, "there"},
		"codec":             {nil, []string{"--browser-codec", "mp3"}, "opus"},
		"argument":          {nil, []string{"start"}, "start"},
		"translate":         {nil, []string{"--translate", "es,japanese"}, "--translate"},
		"file":              {nil, []string{"--config", "/nowhere/patchbay.yaml"}, "cannot be read"},
		"demo without TLS":  {nil, []string{"--demo", "--http", "192.0.2.1:80"}, "loopback"},
		"nested key":        {nil, []string{"--config", configFile(t, "sip:\n  a: b\n")}, "one value"},
		"not YAML":          {nil, []string{"--config", configFile(t, "{{{")}, "YAML"},
		"wrong type":        {nil, []string{"--config", configFile(t, "demo: perhaps\n")}, "true or false"},
		"ring time too low": {nil, []string{"--ring-time", "1ms"}, "--ring-time"},
	} {
		_, err := loadWith(t, tc.env, tc.flags...)
		if err == nil || !strings.Contains(err.Error(), tc.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v, want one line that says %q", name, err, tc.want)
		}
	}
}

func TestTrunks(t *testing.T) {
	s, err := loadWith(t, nil, "--sip", "192.0.2.1:5060", "--trunks", "203.0.113.7, 198.51.100.0/24")
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.trunks()
	if err != nil || len(got) != 2 || got[0].String() != "203.0.113.7/32" || got[1].String() != "198.51.100.0/24" {
		t.Errorf("trunks %v, %v", got, err)
	}
}

// TestHelp: every command has a help that names its flags, and it is no failure.
func TestHelp(t *testing.T) {
	for _, c := range commands() {
		var out bytes.Buffer
		if code := run(context.Background(), []string{c.name, "--help"}, stdio{&out, &out}); code != 0 {
			t.Errorf("%s --help ends with %d: %s", c.name, code, &out)
		}
		if c.name != "version" && !strings.Contains(out.String(), "Usage: patchbay "+c.name) {
			t.Errorf("%s --help prints %q", c.name, &out)
		}
	}
}

// TestDoctor: with nothing in the way there is nothing to mend; a taken port is named with the flag that mends it.
func TestDoctor(t *testing.T) {
	t.Setenv("PATCHBAY_HTTP", "127.0.0.1:0")
	t.Setenv("PATCHBAY_SIP", "127.0.0.1:0")
	t.Setenv("PATCHBAY_DATA_DIR", t.TempDir())
	var out bytes.Buffer
	if err := doctor(t.Context(), nil, stdio{&out, &out}); err != nil {
		t.Errorf("doctor: %v\n%s", err, &out)
	}
	out.Reset()
	err := doctor(t.Context(), []string{"--public-url", "http://desk.example.com", "--database", "postgres://127.0.0.1:1/x"}, stdio{&out, &out})
	if !errors.Is(err, errReported) || !strings.Contains(out.String(), "--tls-cert") || !strings.Contains(out.String(), "check the address") {
		t.Errorf("doctor: %v\n%s", err, &out)
	}
	if _, err := os.Stat("data"); err == nil {
		t.Error("the doctor made a data directory")
	}
}
